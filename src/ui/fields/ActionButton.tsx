interface Props {
  /** What starts the run: "Generate". */
  readonly label: string;
  readonly running: boolean;
  /** Whether it can be started. */
  readonly ready: boolean;
  readonly onStart: () => void;
  readonly onStop: () => void;
}

/** Starts a view's run, or stops it while it is on. The view's shortcuts do the same. */
export function ActionButton({ label, running, ready, onStart, onStop }: Props) {
  if (running) {
    return (
      <button type="button" className="action stop" title="Escape" aria-keyshortcuts="Escape" onClick={onStop}>
        <span className="stop-sign" aria-hidden="true" />
        Stop
      </button>
    );
  }
  return (
    <button
      type="button"
      className="action"
      title="Ctrl or ⌘ + Enter"
      aria-keyshortcuts="Control+Enter Meta+Enter"
      disabled={!ready}
      onClick={onStart}
    >
      {label}
    </button>
  );
}

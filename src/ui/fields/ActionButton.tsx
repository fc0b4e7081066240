import type { Controller } from '../session/controller';

interface Props {
  readonly writing: boolean;
  /** Whether there is a model. */
  readonly ready: boolean;
  readonly controller: Controller;
}

/** Generate, or Stop while a text is being written. */
export function ActionButton({ writing, ready, controller }: Props) {
  if (writing) {
    return (
      <button
        type="button"
        className="action stop"
        title="Escape"
        aria-keyshortcuts="Escape"
        onClick={() => controller.stop()}
      >
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
      onClick={() => void controller.write()}
    >
      Generate
    </button>
  );
}

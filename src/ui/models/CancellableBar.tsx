interface Props {
  /** What goes on, to read, and for those who hear of it: there only when it is worth interrupting for. */
  readonly text: string;
  readonly spoken: string;
  /** How fast it goes; null where there is nothing to tell. */
  readonly pace?: string | null;
  readonly label: string;
  readonly value: number;
  readonly max: number;
  readonly onCancel: () => void;
}

/** How far something is that takes a while, with a way out. */
export function CancellableBar({ text, spoken, pace = null, label, value, max, onCancel }: Props) {
  return (
    <div className="load-status">
      <p>{text}</p>
      {pace === null ? null : <p className="pace">{pace}</p>}
      <progress aria-label={label} max={max} value={value} />
      <button type="button" className="quiet" onClick={onCancel}>
        Cancel
      </button>
      <p className="visually-hidden" role="status">
        {spoken}
      </p>
    </div>
  );
}

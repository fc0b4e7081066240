import type { Controller } from '../session/controller';

interface Props {
  /** How many texts can be gone back to. */
  readonly past: number;
  readonly future: number;
  readonly controller: Controller;
}

/** Steps through the texts that were on the screen. They appear with the first one to go back to. */
export function HistoryButtons({ past, future, controller }: Props) {
  if (past + future === 0) return null;
  return (
    <div className="history">
      <button
        type="button"
        className="history-button"
        aria-label="Undo"
        title="Undo: back to the previous text (Ctrl or ⌘ + Z)"
        disabled={past === 0}
        onClick={() => controller.undo()}
      >
        <svg viewBox="0 0 16 16" aria-hidden="true">
          <path d="M6 3 2.5 6.5 6 10M3 6.5h6.25a3.75 3.75 0 0 1 0 7.5H6" />
        </svg>
      </button>
      <button
        type="button"
        className="history-button"
        aria-label="Redo"
        title="Redo (Ctrl or ⌘ + Shift + Z)"
        disabled={future === 0}
        onClick={() => controller.redo()}
      >
        <svg viewBox="0 0 16 16" aria-hidden="true">
          <path d="m10 3 3.5 3.5L10 10M13 6.5H6.75a3.75 3.75 0 0 0 0 7.5H10" />
        </svg>
      </button>
    </div>
  );
}

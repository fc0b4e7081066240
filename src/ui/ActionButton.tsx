import type { Controller } from './controller';
import { isWriting, type Session } from './session';

/** Generate, or Stop while a text is being written. */
export function ActionButton({ session, controller }: { session: Session; controller: Controller }) {
  if (isWriting(session)) {
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
      title="Ctrl or ⌘ with Enter"
      aria-keyshortcuts="Control+Enter Meta+Enter"
      disabled={session.model.phase !== 'ready'}
      onClick={() => void controller.write()}
    >
      Generate
    </button>
  );
}

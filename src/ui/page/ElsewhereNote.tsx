import type { Controller } from '../session/controller';
import { isWriting, type Session } from '../session/session';

interface Props {
  readonly session: Session;
  readonly controller: Controller;
}

/** Says that the other view is at work: the model writes one text at a time. */
export function ElsewhereNote({ session, controller }: Props) {
  const isElsewhere = isWriting(session.aside);
  const isChat = session.desk === 'write';
  return (
    <div className="elsewhere" role="status">
      {isElsewhere ? (
        <>
          <p>
            {isChat ? 'An answer is being written in ' : 'A text is being written in '}
            <a href={isChat ? '#chat' : '#write'}>{isChat ? 'Chat' : 'Write'}</a>. Starting here stops it.
          </p>
          <button type="button" className="quiet" onClick={() => controller.stopElsewhere()}>
            Stop it
          </button>
        </>
      ) : null}
    </div>
  );
}

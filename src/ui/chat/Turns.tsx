import { memo, useState } from 'react';
import type { ChatTurn } from '../../worker/protocol';
import type { Controller } from '../session/controller';
import { isWriting, type Session } from '../session/session';
import type { Story } from '../story/story';
import { Answer } from './Answer';
import { askInstead, turnsOf, unreadTurns } from './conversation';
import { Formatted } from './Formatted';
import { QuestionField } from './QuestionField';

interface Props {
  readonly session: Session;
  readonly story: Story;
  /** As it is shown: `story` itself, or as it was. */
  readonly shown: Story;
  readonly controller: Controller;
}

/** The conversation: what was said, and the answer that is on its way. */
export function Turns({ session, story, shown, controller }: Props) {
  const [editing, setEditing] = useState<number | null>(null);
  const turns = turnsOf(story);
  const system = turns[0]?.role === 'system' ? 1 : 0;
  const unread = unreadTurns(story);
  const last = turns.length - 1;
  const askAnew = (index: number) => (question: string) => {
    setEditing(null);
    void controller.converse(askInstead(turns, index, question, session.settings.system));
  };
  return (
    <ol className="turns" aria-label="Conversation">
      {turns.map((turn, index) =>
        index < system ? null : (
          // biome-ignore lint/suspicious/noArrayIndexKey: a turn is its place in the conversation
          <li key={index} className="turn" data-role={turn.role}>
            {unread > 0 && index === system + unread ? (
              <p className="left-out">The turns above have no room in the model's context: it has not read them.</p>
            ) : null}
            {index === last ? (
              <Answer session={session} story={story} shown={shown} controller={controller} />
            ) : editing === index && turn.role === 'user' ? (
              <QuestionField
                label="Your message, changed"
                submit="Send"
                initial={turn.content}
                focused
                ready={!isWriting(session)}
                onSubmit={askAnew(index)}
                onCancel={() => setEditing(null)}
              />
            ) : (
              <Said turn={turn} index={index} editable={!isWriting(session)} onEdit={setEditing} />
            )}
          </li>
        ),
      )}
    </ol>
  );
}

interface SaidProps {
  readonly turn: ChatTurn;
  readonly index: number;
  readonly editable: boolean;
  readonly onEdit: (index: number) => void;
}

/** A turn that is over; drawn again only when it changes, though the answer below it grows. */
const Said = memo(
  function Said({ turn: { role, content }, index, editable, onEdit }: SaidProps) {
    if (role === 'assistant') {
      return (
        <>
          <h3 className="visually-hidden">The model</h3>
          {content.trim() === '' ? <p className="hint">No answer</p> : <Formatted text={content} />}
        </>
      );
    }
    return (
      <>
        <h3 className="visually-hidden">You</h3>
        <p className="said">{content}</p>
        {editable ? (
          <button type="button" className="turn-action" onClick={() => onEdit(index)}>
            Edit
          </button>
        ) : null}
      </>
    );
  },
  (before, after) =>
    before.turn.content === after.turn.content &&
    before.turn.role === after.turn.role &&
    before.editable === after.editable,
);

import { memo, type ReactNode, useCallback, useState } from 'react';
import type { ChatTurn } from '../../library/unmask';
import type { Controller } from '../session/controller';
import { answers, isWriting, type Session } from '../session/session';
import type { Story } from '../story/story';
import { Answer, answerProps } from './Answer';
import { askInstead, shownTurns, unreadTurns } from './conversation';
import { Formatted } from './Formatted';
import { QuestionField } from './QuestionField';

interface Props {
  readonly session: Session;
  readonly story: Story;
  /** What stands under the last answer. */
  readonly ending: ReactNode;
  readonly controller: Controller;
  /** Called when a question was asked in the place of another: the focus has to go somewhere. */
  readonly onAsked: () => void;
}

/** The conversation: what was said, and the answer that is on its way. */
export function Turns({ session, story, ending, controller, onAsked }: Props) {
  const [editing, setEditing] = useState<number | null>(null);
  /** The turn whose editing ended: its button has the focus again. */
  const [left, setLeft] = useState<number | null>(null);
  const turns = shownTurns(story);
  const unread = unreadTurns(story);
  const last = turns.length - 1;
  const names = new Set(turns.flatMap(({ answer }) => answer?.provenance?.model.name ?? []));
  const edit = useCallback((index: number) => setEditing(index), []);
  const cancel = () => {
    setLeft(editing);
    setEditing(null);
  };
  const askAnew = (index: number) => (question: string) => {
    setEditing(null);
    setLeft(null);
    onAsked();
    void controller.converse(askInstead(story, index, question, session.inForce.system));
  };
  return (
    <ol className="turns" aria-label="Conversation">
      {turns.map(({ role, content, answer }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a turn is its place in the conversation
        <li key={index} className="turn" data-role={role}>
          {unread > 0 && index === unread ? (
            <p className="left-out">The model has not read the messages above: they no longer fit in its context.</p>
          ) : null}
          {role === 'assistant' ? (
            <>
              <Speaker name={answer?.provenance?.model.name} shown={names.size > 1} />
              {answer ? (
                <Answer
                  {...answerProps(session, answer)}
                  ending={index === last ? ending : null}
                  controller={controller}
                />
              ) : (
                <Said role={role} content={content} />
              )}
            </>
          ) : editing === index ? (
            <QuestionField
              label="Edit your message"
              submit="Send"
              initial={content}
              ready={answers(session) && !isWriting(session)}
              onSubmit={askAnew(index)}
              onCancel={cancel}
            />
          ) : (
            <>
              <Said role={role} content={content} />
              {answers(session) && !isWriting(session) ? (
                <EditButton index={index} focused={left === index} onEdit={edit} />
              ) : null}
            </>
          )}
        </li>
      ))}
    </ol>
  );
}

/** Who answers: for all to see where models took turns. */
function Speaker({ name, shown }: { name: string | undefined; shown: boolean }) {
  return <h3 className={shown ? 'speaker' : 'visually-hidden'}>{name ?? 'The model'}</h3>;
}

interface EditButtonProps {
  readonly index: number;
  readonly focused: boolean;
  readonly onEdit: (index: number) => void;
}

const focus = (button: HTMLButtonElement | null) => button?.focus();

function EditButton({ index, focused, onEdit }: EditButtonProps) {
  return (
    <button type="button" className="turn-action" ref={focused ? focus : undefined} onClick={() => onEdit(index)}>
      Edit
    </button>
  );
}

/** A turn of which only the text is known; drawn again only when that changes, though the answer below it grows. */
const Said = memo(function Said({ role, content }: ChatTurn) {
  if (role === 'assistant') {
    return content.trim() === '' ? <p className="hint">No answer</p> : <Formatted text={content} />;
  }
  return (
    <>
      <h3 className="visually-hidden">You</h3>
      <p className="said">{content}</p>
    </>
  );
});

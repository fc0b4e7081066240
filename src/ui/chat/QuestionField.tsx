import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react';
import { useLimit } from '../fields/use-limit';

interface Props {
  readonly label: string;
  /** What the button says. */
  readonly submit: string;
  readonly initial?: string;
  /** The field takes the focus whenever this changes, and at once if it is left out. */
  readonly focus?: number;
  /** Whether the model can answer. */
  readonly ready: boolean;
  readonly onSubmit: (question: string) => void;
  /** Told every text that is typed. */
  readonly onType?: (text: string) => void;
  /** Ends the answer that is being written, if one is. */
  readonly onStop?: (() => void) | null;
  readonly onCancel?: () => void;
}

/** Characters of a message. */
const LONGEST = 40_000;

/** A message to type: Enter sends it, Shift+Enter begins a line, and an input method keeps its keys. */
export function QuestionField(props: Props) {
  const { label, submit, initial = '', focus, ready, onSubmit, onType, onStop = null, onCancel } = props;
  const id = useId();
  const field = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState(initial);
  const limit = useLimit(LONGEST, (kept) => {
    setText(kept);
    onType?.(kept);
  });
  useEffect(() => {
    if (focus !== 0) field.current?.focus();
  }, [focus]);
  const sendable = ready && onStop === null && text.trim() !== '';
  const send = () => {
    if (!sendable) return;
    onSubmit(text);
    limit.type('');
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape' && onCancel) {
      event.preventDefault();
      onCancel();
    }
    if (event.key !== 'Enter' || event.shiftKey || event.altKey) return;
    event.preventDefault();
    send();
  };
  return (
    <form
      className="question"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <label className="visually-hidden" htmlFor={id}>
        {label}
      </label>
      <textarea
        id={id}
        ref={field}
        rows={2}
        placeholder={label}
        value={text}
        onChange={limit.onChange}
        onKeyDown={onKeyDown}
      />
      {onCancel ? (
        <button type="button" className="quiet" title="Escape" onClick={onCancel}>
          Cancel
        </button>
      ) : null}
      {onStop ? (
        <button type="button" className="quiet stop" title="Escape" aria-keyshortcuts="Escape" onClick={onStop}>
          <span className="stop-sign" aria-hidden="true" />
          Stop
        </button>
      ) : (
        <button type="submit" className="quiet send" title="Enter" disabled={!sendable}>
          {submit}
        </button>
      )}
      {limit.note}
    </form>
  );
}

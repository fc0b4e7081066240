import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react';
import { useLimit } from '../fields/use-limit';

interface Props {
  readonly label: string;
  /** What the button says. */
  readonly submit: string;
  readonly initial?: string;
  /** Whether the field takes the focus. */
  readonly focused: boolean;
  /** Whether the model can answer. */
  readonly ready: boolean;
  readonly onSubmit: (question: string) => void;
  /** Ends the answer that is being written, if one is. */
  readonly onStop?: (() => void) | null;
  readonly onCancel?: () => void;
}

/** In characters. */
const LONGEST = 40_000;

/** A question to type: Enter sends it, Shift+Enter begins a line, and an input method keeps its Enter. */
export function QuestionField(props: Props) {
  const { label, submit, initial = '', focused, ready, onSubmit, onStop = null, onCancel } = props;
  const id = useId();
  const field = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState(initial);
  const limit = useLimit(LONGEST, setText);
  useEffect(() => {
    if (focused) field.current?.focus();
  }, [focused]);
  const sendable = ready && onStop === null && text.trim() !== '';
  const send = () => {
    if (sendable) onSubmit(text);
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
      {limit.note}
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
    </form>
  );
}

import { type FormEvent, type KeyboardEvent, useEffect, useId, useRef, useState } from 'react';
import { useLimit } from '../fields/use-limit';
import type { Controller } from '../session/controller';
import type { Edit } from './editing';

interface Props {
  readonly edit: Edit;
  readonly onDone: () => void;
  /** Called before the field goes away: the focus has to go somewhere. */
  readonly onLeave: () => void;
  readonly controller: Controller;
}

/** In characters: more than a block takes. */
const LONGEST = 200;

/** A field for what is to stand in place of the selected tokens. */
export function TypeOver({ edit, onDone, onLeave, controller }: Props) {
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const selected = edit.places.slice(Math.min(edit.anchor, edit.head), Math.max(edit.anchor, edit.head) + 1);
  const before = selected.map(({ kind, token }) => (kind === 'masked' ? '' : token.text)).join('');
  // Most tokens begin with the space before their word, which nobody thinks of when typing.
  const space = before === '' ? ' ' : before.slice(0, before.length - before.trimStart().length);
  const [text, setText] = useState(before.trim());
  const [problem, setProblem] = useState('');
  const limit = useLimit(LONGEST, setText);
  useEffect(() => field.current?.select(), []);
  const leave = () => {
    onLeave();
    onDone();
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const found = await controller.editor.typeOver(/^\s/.test(text) ? text : space + text);
    if (found === null) leave();
    else setProblem(found);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Escape') return;
    event.preventDefault();
    leave();
  };
  return (
    <form className="type-over" onSubmit={submit}>
      <label className="visually-hidden" htmlFor={id}>
        Replacement text
      </label>
      <input
        id={id}
        ref={field}
        type="text"
        autoComplete="off"
        value={text}
        aria-describedby={`${id}-problem`}
        onChange={limit.onChange}
        onKeyDown={onKeyDown}
      />
      <button type="submit" disabled={text.trim() === ''}>
        Replace
      </button>
      {limit.note}
      <p id={`${id}-problem`} className="type-problem" role="alert">
        {problem}
      </p>
    </form>
  );
}

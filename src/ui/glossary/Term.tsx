import { type ReactNode, useContext } from 'react';
import { OpenGlossary } from './glossary-context';
import { TERMS, type TermId } from './terms';

interface Props {
  readonly id: TermId;
  readonly children: ReactNode;
}

/** A word of the field, which opens the glossary. */
export function Term({ id, children }: Props) {
  const open = useContext(OpenGlossary);
  return (
    <button type="button" className="term" aria-haspopup="dialog" title={TERMS[id].text} onClick={() => open(id)}>
      {children}
    </button>
  );
}

/** The same as a question mark beside a field. */
export function TermMark({ id }: { id: TermId }) {
  const open = useContext(OpenGlossary);
  return (
    <button type="button" className="term-mark" aria-haspopup="dialog" title={TERMS[id].text} onClick={() => open(id)}>
      <span aria-hidden="true">?</span>
      <span className="visually-hidden">What is this: {TERMS[id].name}</span>
    </button>
  );
}

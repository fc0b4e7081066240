import { useEffect, useRef } from 'react';
import { TERMS, type TermId } from './terms';

interface Props {
  /** Where it opens. */
  readonly term: TermId | null;
  readonly onClose: () => void;
}

/** What the words of the field mean. A dialog, so that Escape closes it and the focus comes back. */
export default function Glossary({ term, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
    if (term) document.getElementById(`term-${term}`)?.focus();
  }, [term]);
  return (
    <dialog className="sheet glossary" ref={dialog} aria-labelledby="glossary-title" onClose={onClose}>
      <header>
        <h2 id="glossary-title" tabIndex={-1}>
          Glossary
        </h2>
        <button type="button" className="quiet" onClick={() => dialog.current?.close()}>
          Close
        </button>
      </header>
      <dl>
        {Object.entries(TERMS).map(([id, { name, text }]) => (
          <div key={id} id={`term-${id}`} tabIndex={-1} data-asked={id === term || undefined}>
            <dt>{name}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
    </dialog>
  );
}

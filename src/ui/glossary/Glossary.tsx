import { useEffect } from 'react';
import { Sheet } from '../fields/Sheet';
import { TERMS, type TermId } from './terms';

interface Props {
  /** Where it opens. */
  readonly term: TermId | null;
  readonly onClose: () => void;
}

/** What the words of the field mean. */
export default function Glossary({ term, onClose }: Props) {
  useEffect(() => {
    if (term) document.getElementById(`term-${term}`)?.focus();
  }, [term]);
  return (
    <Sheet title="Glossary" className="glossary" onClose={onClose}>
      <dl>
        {Object.entries(TERMS).map(([id, { name, text }]) => (
          <div key={id} id={`term-${id}`} tabIndex={-1} data-asked={id === term || undefined}>
            <dt>{name}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
    </Sheet>
  );
}

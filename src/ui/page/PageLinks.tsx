import { useContext } from 'react';
import { OpenGlossary } from '../glossary/glossary-context';

/** At the end of the page: the tour again, and what the words mean. */
export function PageLinks({ onTour }: { onTour: () => void }) {
  const openGlossary = useContext(OpenGlossary);
  return (
    <footer className="page-links">
      <button type="button" className="link" onClick={onTour}>
        Take the tour
      </button>
      <button type="button" className="link" aria-haspopup="dialog" onClick={() => openGlossary(null)}>
        Glossary
      </button>
    </footer>
  );
}

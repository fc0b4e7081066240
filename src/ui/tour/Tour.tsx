import { autoUpdate, flip, offset, shift, size, useFloating } from '@floating-ui/react-dom';
import { useEffect, useId, useRef, useState } from 'react';
import { createPortal } from 'react-dom';
import { CARDS, type TourCard } from './cards';
import './tour.css';

/** A few cards over the live page, one after the other, which nothing waits for. Escape or Skip ends it. */
export default function Tour({ onEnd }: { onEnd: () => void }) {
  const [at, setAt] = useState(0);
  const opener = useRef(document.activeElement);
  const card = CARDS[at]!;
  const isLast = at === CARDS.length - 1;
  const end = () => {
    // One that began by itself has no opener.
    const before = opener.current === document.body ? document.querySelector('[data-view-heading]') : opener.current;
    if (before instanceof HTMLElement) before.focus({ preventScroll: true });
    onEnd();
  };
  useEscape(end);
  return createPortal(
    <Card key={at} card={card} place={`${at + 1} of ${CARDS.length}`}>
      {isLast ? null : (
        <button type="button" className="quiet" onClick={end}>
          Skip
        </button>
      )}
      {at > 0 ? (
        <button type="button" className="quiet" onClick={() => setAt(at - 1)}>
          Back
        </button>
      ) : null}
      <button type="button" className="action" onClick={isLast ? end : () => setAt(at + 1)}>
        {isLast ? 'Done' : 'Next'}
      </button>
    </Card>,
    document.body,
  );
}

interface CardProps {
  readonly card: TourCard;
  readonly place: string;
  readonly children: React.ReactNode;
}

function Card({ card, place, children }: CardProps) {
  const id = useId();
  const heading = useRef<HTMLHeadingElement>(null);
  const [target] = useState(() => findTarget(card));
  const { refs, floatingStyles } = useFloating({
    placement: 'bottom',
    strategy: 'fixed',
    elements: { reference: target },
    middleware: [
      offset(12),
      flip({ padding: 8, fallbackPlacements: ['right', 'top', 'left'] }),
      shift({ padding: 8, crossAxis: true }),
      size({ padding: 8, apply: ({ availableWidth, elements }) => narrow(elements.floating, availableWidth) }),
    ],
    whileElementsMounted: autoUpdate,
  });
  useEffect(() => {
    if (!target) return;
    target.scrollIntoView({ block: 'nearest' });
    target.setAttribute('data-toured', '');
    return () => target.removeAttribute('data-toured');
  }, [target]);
  useEffect(() => heading.current?.focus({ preventScroll: true }), []);
  return (
    <div
      className="tour"
      role="dialog"
      aria-labelledby={id}
      aria-describedby={`${id}-text`}
      ref={refs.setFloating}
      style={floatingStyles}
    >
      <p className="tour-place">{place}</p>
      <h2 id={id} ref={heading} tabIndex={-1}>
        {card.title}
      </h2>
      <p id={`${id}-text`}>{card.text}</p>
      <div className="tour-actions">{children}</div>
    </div>
  );
}

function findTarget({ targets }: TourCard): Element | null {
  const found = targets.flatMap((selector) => [...document.querySelectorAll(selector)]);
  return found.find((element) => element.checkVisibility()) ?? null;
}

function narrow(card: HTMLElement, availableWidth: number): void {
  card.style.maxWidth = `${Math.max(200, availableWidth)}px`;
}

/** Escape ends the tour wherever the focus is, and does nothing else then. */
function useEscape(end: () => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== 'Escape' || document.querySelector('dialog[open]')) return;
      event.preventDefault();
      event.stopPropagation();
      end();
    };
    window.addEventListener('keydown', onKey, { capture: true });
    return () => window.removeEventListener('keydown', onKey, { capture: true });
  });
}

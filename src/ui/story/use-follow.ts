import { type RefObject, useEffect, useRef } from 'react';

/** Air between the end of the text and the bar under it, in pixels. */
const AIR = 40;
/** How far below the window's end a text may end, in pixels, while its reader still reads along. */
const NEAR = 40;

/**
 * Keeps the end of a growing text above the bar, line by line, for as long as the reader stays near it. Nothing moves
 * under a card of the tour, which points at it.
 */
export function useFollow(text: RefObject<HTMLElement | null>, writing: boolean, growth: unknown): void {
  const following = useRef(true);
  useEffect(() => {
    const onScroll = () => {
      following.current = endOf(text) < window.innerHeight + NEAR;
    };
    window.addEventListener('scroll', onScroll, { passive: true });
    return () => window.removeEventListener('scroll', onScroll);
  }, [text]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: it has to run whenever the text has grown, and once at its end
  useEffect(() => {
    if (!following.current || document.querySelector('.tour')) return;
    const below = endOf(text) - (window.innerHeight - barHeight() - AIR);
    if (below > 0) window.scrollBy({ top: below });
  }, [text, writing, growth]);
}

/** What the bar takes of the window. */
function barHeight(): number {
  return document.querySelector<HTMLElement>('.status')?.offsetHeight ?? 0;
}

function endOf(text: RefObject<HTMLElement | null>): number {
  return text.current?.getBoundingClientRect().bottom ?? 0;
}

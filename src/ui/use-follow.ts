import { type RefObject, useEffect, useRef } from 'react';

/** How far from the end, in pixels, still counts as reading along. */
const NEAR = 160;

/** Keeps the end of a growing text in view, for as long as the reader stays near it. */
export function useFollow(text: RefObject<HTMLElement | null>, writing: boolean, growth: unknown): void {
  const following = useRef(true);
  useEffect(() => {
    const onScroll = () => {
      const { scrollHeight } = document.documentElement;
      following.current = scrollHeight - window.innerHeight - window.scrollY < NEAR;
    };
    window.addEventListener('scroll', onScroll, { passive: true });
    return () => window.removeEventListener('scroll', onScroll);
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: it has to run whenever the text has grown, and once at its end
  useEffect(() => {
    const end = text.current?.getBoundingClientRect().bottom ?? 0;
    if (following.current && end > window.innerHeight - NEAR / 2) {
      window.scrollTo({ top: document.documentElement.scrollHeight });
    }
  }, [text, writing, growth]);
}

import { type RefObject, useEffect } from 'react';

/** Brings both racers into view as a race begins, where a small screen does not show the second one. */
export function useBothInView(board: RefObject<HTMLElement | null>, running: boolean): void {
  useEffect(() => {
    const second = board.current?.querySelector('.racer:last-child');
    if (!running || !second || second.getBoundingClientRect().bottom <= window.innerHeight) return;
    board.current?.scrollIntoView({ block: 'start' });
  }, [board, running]);
}

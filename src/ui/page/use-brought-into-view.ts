import { type RefObject, useEffect } from 'react';

/** Brings an element into view when something begins in it, where its end (`last`) is below the screen. */
export function useBroughtIntoView(
  element: RefObject<HTMLElement | null>,
  begun: boolean,
  last: string = ':scope',
): void {
  useEffect(() => {
    const end = last === ':scope' ? element.current : element.current?.querySelector(last);
    if (!begun || !end || end.getBoundingClientRect().bottom <= window.innerHeight) return;
    element.current?.scrollIntoView({ block: 'start' });
  }, [element, begun, last]);
}

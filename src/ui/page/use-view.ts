import { startTransition, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { type View, viewOf } from './view';

const TITLES: Readonly<Record<View, string>> = {
  write: document.title,
  chat: 'Chat: Unmask',
  race: 'Race: Unmask',
  read: 'Read: Unmask',
  how: 'How it works: Unmask',
};

/** The view that the address names. The old one stays until the new one's code is there. */
export function useView(): View {
  const [view, setView] = useState(() => viewOf(location.hash));
  useEffect(() => {
    const follow = () => startTransition(() => setView(viewOf(location.hash)));
    window.addEventListener('hashchange', follow);
    return () => window.removeEventListener('hashchange', follow);
  }, []);
  useArrival(view);
  return view;
}

/**
 * Names the view in the window's title. In all but the first one it begins at the top, or at the section that
 * the address names, with the focus on the heading.
 */
function useArrival(view: View): void {
  const shown = useRef<View>(null);
  // As the view is put in place: at no moment is the focus nowhere.
  useLayoutEffect(() => {
    document.title = TITLES[view];
    const isFirst = shown.current === null || shown.current === view;
    shown.current = view;
    if (isFirst) return;
    const section = document.getElementById(location.hash.slice(1));
    if (section) section.scrollIntoView();
    else window.scrollTo({ top: 0 });
    document.querySelector<HTMLElement>('[data-view-heading]')?.focus({ preventScroll: true });
  }, [view]);
}

import { useEffect } from 'react';
import type { Controller } from './controller';

/** Ctrl or Cmd with Enter writes, Escape stops, wherever the focus is. */
export function useShortcuts(controller: Controller): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        void controller.write();
      } else if (event.key === 'Escape') {
        controller.stop();
      }
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, [controller]);
}

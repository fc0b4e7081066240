import { useCallback, useSyncExternalStore } from 'react';
import type { Controller } from './controller';
import type { Session } from './session';

/** The controller's session, drawn at most once a frame: a fast GPU reveals tokens several times in one. */
export function useSession(controller: Controller): Session {
  const subscribe = useCallback(
    (redraw: () => void) => {
      let frame: number | undefined;
      const unsubscribe = controller.subscribe(() => {
        frame ??= requestAnimationFrame(() => {
          frame = undefined;
          redraw();
        });
      });
      return () => {
        if (frame !== undefined) cancelAnimationFrame(frame);
        unsubscribe();
      };
    },
    [controller],
  );
  return useSyncExternalStore(subscribe, () => controller.session);
}

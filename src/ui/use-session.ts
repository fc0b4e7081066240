import { useCallback, useSyncExternalStore } from 'react';
import type { Controller } from './controller';
import type { Session } from './session';

/**
 * The controller's session. What is written is drawn at most once a frame, since a fast GPU reveals
 * tokens several times in one; what a person sets or scrubs is drawn at once, or the field would jump back.
 */
export function useSession(controller: Controller): Session {
  const subscribe = useCallback(
    (redraw: () => void) => {
      let frame: number | undefined;
      let { settings, playhead } = controller.session;
      const cancelFrame = () => {
        if (frame !== undefined) cancelAnimationFrame(frame);
        frame = undefined;
      };
      const unsubscribe = controller.subscribe(() => {
        if (controller.session.settings !== settings || controller.session.playhead !== playhead) {
          ({ settings, playhead } = controller.session);
          cancelFrame();
          redraw();
          return;
        }
        frame ??= requestAnimationFrame(() => {
          frame = undefined;
          redraw();
        });
      });
      return () => {
        cancelFrame();
        unsubscribe();
      };
    },
    [controller],
  );
  return useSyncExternalStore(subscribe, () => controller.session);
}

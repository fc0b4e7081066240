import { useCallback, useSyncExternalStore } from 'react';
import type { Controller } from './controller';
import type { Session } from './session';

/** The parts of it that only a person changes. */
const BY_HAND = ['settings', 'playhead', 'edit', 'past', 'desk'] as const satisfies (keyof Session)[];

/**
 * The controller's session. What is written is drawn at most once a frame, since a fast GPU reveals
 * tokens several times in one; what a person sets, scrubs or edits is drawn at once, or the field would jump back.
 */
export function useSession(controller: Controller): Session {
  const subscribe = useCallback(
    (redraw: () => void) => {
      let frame: number | undefined;
      let drawn = controller.session;
      const cancelFrame = () => {
        if (frame !== undefined) cancelAnimationFrame(frame);
        frame = undefined;
      };
      const unsubscribe = controller.subscribe(() => {
        if (BY_HAND.some((part) => controller.session[part] !== drawn[part])) {
          drawn = controller.session;
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

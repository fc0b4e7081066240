import { useCallback, useSyncExternalStore } from 'react';
import type { StoreApi } from 'zustand/vanilla';

/**
 * The state of a store, drawn at most once a frame: a fast GPU reveals tokens several times in one. A change to any
 * part in `byHand`, which a person sets, scrubs or edits, is drawn at once, or the field would jump back.
 */
export function useFrameStore<State>(store: StoreApi<State>, byHand: readonly (keyof State)[]): State {
  const subscribe = useCallback(
    (redraw: () => void) => {
      let frame: number | undefined;
      let drawn = store.getState();
      const cancelFrame = () => {
        if (frame !== undefined) cancelAnimationFrame(frame);
        frame = undefined;
      };
      const unsubscribe = store.subscribe((state) => {
        if (byHand.some((part) => state[part] !== drawn[part])) {
          drawn = state;
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
    [store, byHand],
  );
  return useSyncExternalStore(subscribe, store.getState);
}

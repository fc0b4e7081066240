import { useCallback, useSyncExternalStore } from 'react';
import type { Race } from './race';
import type { RaceRunner } from './race-runner';

/** The runner's race. News are drawn once a frame; what a person sets at once, or the field would jump back. */
export function useRace(runner: RaceRunner): Race {
  const subscribe = useCallback(
    (redraw: () => void) => {
      let frame: number | undefined;
      let { sides } = runner.race;
      const unsubscribe = runner.subscribe(() => {
        if (runner.race.sides !== sides) {
          ({ sides } = runner.race);
          redraw();
          return;
        }
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
    [runner],
  );
  return useSyncExternalStore(subscribe, () => runner.race);
}

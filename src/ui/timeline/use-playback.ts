import { useEffect } from 'react';
import type { Controller } from '../session/controller';

/** A tab that was hidden must not leap ahead, in seconds. */
const LONGEST_FRAME = 0.1;

/** Moves playback on with every frame while it plays. */
export function usePlayback(controller: Controller, playing: boolean): void {
  useEffect(() => {
    if (!playing) return;
    let before = performance.now();
    let frame = requestAnimationFrame(function tick(now) {
      controller.playback.playOn(Math.min(LONGEST_FRAME, Math.max(0, now - before) / 1000));
      before = now;
      frame = requestAnimationFrame(tick);
    });
    return () => cancelAnimationFrame(frame);
  }, [controller, playing]);
}

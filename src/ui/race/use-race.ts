import { useFrameStore } from '../page/use-frame-store';
import type { Race } from './race';
import type { RaceRunner } from './race-runner';

/** The parts that only a person changes. */
const BY_HAND = ['sides'] as const satisfies (keyof Race)[];

/** The runner's race. */
export function useRace({ store }: RaceRunner): Race {
  return useFrameStore(store, BY_HAND);
}

import { useFrameStore } from '../page/use-frame-store';
import type { Controller } from './controller';
import type { Session } from './session';

/** The parts that only a person changes. */
const BY_HAND = ['settings', 'playhead', 'looked', 'edit', 'past', 'desk'] as const satisfies (keyof Session)[];

/** The controller's session. */
export function useSession({ store }: Controller): Session {
  return useFrameStore(store, BY_HAND);
}

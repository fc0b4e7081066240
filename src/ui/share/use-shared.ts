import { useSyncExternalStore } from 'react';
import type { Shared, Sharing } from './sharing';

/** What there is to share, as it is now. */
export function useShared(sharing: Sharing): Shared {
  return useSyncExternalStore(sharing.subscribe, () => sharing.shared);
}

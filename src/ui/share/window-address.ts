import type { Address } from './sharing';

/** Marks an entry of the history as one that the page wrote. */
const OURS = 'unmask';

/** The window's own address bar. */
export const windowAddress: Address = {
  get hash() {
    return location.hash;
  },
  get isOurs() {
    return history.state === OURS;
  },
  replace(hash) {
    history.replaceState(OURS, '', hash);
  },
};

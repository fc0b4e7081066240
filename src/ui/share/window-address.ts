import type { Address } from './sharing';

/** The window's own address bar. */
export const windowAddress: Address = {
  get hash() {
    return location.hash;
  },
  replace(hash) {
    history.replaceState(null, '', hash);
  },
  push(hash) {
    history.pushState(null, '', hash);
  },
  get kept() {
    return history.state;
  },
  keep(text) {
    history.replaceState(text, '');
  },
};

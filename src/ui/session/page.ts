import type { Settings } from '../settings/settings';
import type { Action } from './reduce';
import type { Session } from './session';

/** The page as its parts see it: what it shows, and how they change that. */
export interface Page {
  readonly session: Session;
  dispatch(action: Action): void;
  /** Changes and saves settings. */
  set(change: Partial<Settings>): void;
}

import { FIRST_VISIT, parseSettings, type Settings } from './settings';

const KEY = 'unmask.settings';

/** The saved settings, or those of a first visit where nothing usable was saved or storage is closed to us. */
export function readSettings(): Settings {
  try {
    const saved = localStorage.getItem(KEY);
    return saved === null ? FIRST_VISIT : parseSettings(JSON.parse(saved));
  } catch {
    return FIRST_VISIT;
  }
}

/** Keeps the settings for the next visit. Private windows may refuse; then they last as long as the page. */
export function saveSettings(settings: Settings): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(settings));
  } catch {}
}

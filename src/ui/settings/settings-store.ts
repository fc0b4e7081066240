import { DEFAULT_SETTINGS, parseSettings, type Settings } from './settings';

const KEY = 'unmask.settings';

/** The saved settings, or the defaults where nothing usable was saved or storage is closed to us. */
export function readSettings(): Settings {
  try {
    return parseSettings(JSON.parse(localStorage.getItem(KEY) ?? '{}'));
  } catch {
    return DEFAULT_SETTINGS;
  }
}

/** Keeps the settings for the next visit. Private windows may refuse; then they last as long as the page. */
export function saveSettings(settings: Settings): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(settings));
  } catch {}
}

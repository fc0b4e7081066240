import type { Controller } from '../session/controller';
import { HEATS } from '../settings/settings';

export interface Shortcut {
  /** As tinykeys reads them. */
  readonly keys: string;
  /** As the sheet shows them. */
  readonly shown: readonly string[];
  readonly text: string;
  /**
   * `always` works while a field has the focus too, `outside` only where none has it that knows the key itself;
   * `single` are such keys that also type, scroll or walk, which can be switched off.
   */
  readonly reach: 'always' | 'outside' | 'single';
  readonly run: (controller: Controller) => void;
}

/** What the keys of a text do in a conversation, where that is called something else. */
const CHAT_TEXTS: Readonly<Record<string, string>> = {
  '$mod+z': 'Undo: back to the previous conversation',
  c: 'Continue the answer',
  n: 'Another answer with a new seed',
};

/** Everything a key does on the page, but for `?`, which opens the list of these. */
export const SHORTCUTS: readonly Shortcut[] = [
  {
    keys: '$mod+Enter',
    shown: ['Ctrl or ⌘', 'Enter'],
    text: 'Generate',
    reach: 'always',
    run: (controller) => void controller.write(),
  },
  {
    keys: 'Escape',
    shown: ['Esc'],
    text: 'Stop, or show all of it',
    reach: 'always',
    run: (controller) => controller.stopOrShowAll(),
  },
  {
    keys: '$mod+z',
    shown: ['Ctrl or ⌘', 'Z'],
    text: 'Undo: back to the previous text',
    reach: 'outside',
    run: (controller) => controller.undo(),
  },
  {
    keys: '$mod+Shift+z',
    shown: ['Ctrl or ⌘', 'Shift', 'Z'],
    text: 'Redo',
    reach: 'outside',
    run: (controller) => controller.redo(),
  },
  {
    keys: 'c',
    shown: ['C'],
    text: 'Continue the text',
    reach: 'single',
    run: (controller) => void controller.writeOn(),
  },
  {
    keys: 'n',
    shown: ['N'],
    text: 'Another text with a new seed',
    reach: 'single',
    run: (controller) => void controller.writeAnother(),
  },
  {
    keys: 'p',
    shown: ['P'],
    text: 'Play or pause',
    reach: 'single',
    run: (controller) => controller.playback.toggle(),
  },
  {
    keys: 'ArrowLeft',
    shown: ['←'],
    text: 'One step back',
    reach: 'single',
    run: (controller) => controller.playback.move(-1),
  },
  {
    keys: 'ArrowRight',
    shown: ['→'],
    text: 'One step forward',
    reach: 'single',
    run: (controller) => controller.playback.move(1),
  },
  {
    keys: 'Shift+ArrowLeft',
    shown: ['Shift', '←'],
    text: 'One block back',
    reach: 'single',
    run: (controller) => controller.playback.moveByBlock(-1),
  },
  {
    keys: 'Shift+ArrowRight',
    shown: ['Shift', '→'],
    text: 'One block forward',
    reach: 'single',
    run: (controller) => controller.playback.moveByBlock(1),
  },
  {
    keys: 'l',
    shown: ['L'],
    text: 'Jump to end',
    reach: 'single',
    run: (controller) => controller.playback.goLive(),
  },
  {
    keys: 'g',
    shown: ['G'],
    text: 'Show or hide guesses',
    reach: 'single',
    run: (controller) => controller.set({ guesses: controller.session.settings.guesses === 'on' ? 'off' : 'on' }),
  },
  { keys: 'h', shown: ['H'], text: 'Switch highlighting', reach: 'single', run: nextHeat },
];

/** Those of a conversation, whose questions have a field of their own. */
export const CHAT_SHORTCUTS: readonly Shortcut[] = SHORTCUTS.filter(({ keys }) => keys !== '$mod+Enter').map(
  (shortcut) => ({ ...shortcut, text: CHAT_TEXTS[shortcut.keys] ?? shortcut.text }),
);

function nextHeat(controller: Controller): void {
  const at = HEATS.indexOf(controller.session.settings.heat);
  controller.set({ heat: HEATS[(at + 1) % HEATS.length] ?? HEATS[0] });
}

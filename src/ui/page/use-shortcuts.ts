import { useEffect } from 'react';
import { type KeybindingsMap, tinykeys } from 'tinykeys';
import type { Controller } from '../session/controller';
import type { Shortcut } from './shortcuts';

/** Makes the shortcuts work, and `?` open the list of them. */
export function useShortcuts(controller: Controller, openSheet: () => void, shortcuts: readonly Shortcut[]): void {
  useEffect(() => {
    const bindingsOf = (reach: Shortcut['reach']) =>
      bindings(
        shortcuts.filter((shortcut) => shortcut.reach === reach),
        controller,
      );
    const always = tinykeys(window, bindingsOf('always'), { ignore: isTaken });
    const isAway = (event: KeyboardEvent) => isTaken(event) || isForField(event);
    const outside = tinykeys(window, bindingsOf('outside'), { ignore: isAway });
    const single = tinykeys(
      window,
      { ...bindingsOf('single'), '[Shift]+?': openSheet },
      { ignore: (event) => isAway(event) || controller.session.settings.keys === 'off' },
    );
    return () => {
      always();
      outside();
      single();
    };
  }, [controller, openSheet, shortcuts]);
}

function bindings(shortcuts: readonly Shortcut[], controller: Controller): KeybindingsMap {
  return Object.fromEntries(
    shortcuts.map(({ keys, run }) => [
      keys,
      (event: KeyboardEvent) => {
        event.preventDefault();
        run(controller);
      },
    ]),
  );
}

/** True for a key that something else has answered, or that belongs to the sheet. */
function isTaken({ defaultPrevented, target }: KeyboardEvent): boolean {
  return defaultPrevented || (target instanceof Element && target.closest('dialog') !== null);
}

/** True for a key that the focused field has a use for: letters where one types, arrows in radio buttons and sliders too. */
function isForField({ key, target }: KeyboardEvent): boolean {
  const fields = key.startsWith('Arrow')
    ? 'input, select, textarea'
    : 'input:not([type=radio], [type=range], [type=checkbox]), select, textarea';
  return target instanceof Element && target.matches(fields);
}

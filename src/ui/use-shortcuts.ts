import { useEffect } from 'react';
import { type KeybindingsMap, tinykeys } from 'tinykeys';
import type { Controller } from './controller';
import { SHORTCUTS, type Shortcut } from './shortcuts';

/** Makes the shortcuts work, and `?` open the list of them. */
export function useShortcuts(controller: Controller, openSheet: () => void): void {
  useEffect(() => {
    const always = tinykeys(window, bindings('always', controller), { ignore: isTaken });
    const isAway = (event: KeyboardEvent) => isTaken(event) || isForField(event);
    const outside = tinykeys(window, bindings('outside', controller), { ignore: isAway });
    const single = tinykeys(
      window,
      { ...bindings('single', controller), '[Shift]+?': openSheet },
      { ignore: (event) => isAway(event) || controller.session.settings.keys === 'off' },
    );
    return () => {
      always();
      outside();
      single();
    };
  }, [controller, openSheet]);
}

function bindings(reach: Shortcut['reach'], controller: Controller): KeybindingsMap {
  const some = SHORTCUTS.filter((shortcut) => shortcut.reach === reach);
  return Object.fromEntries(
    some.map(({ keys, run }) => [
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
function isForField({ isComposing, key, target }: KeyboardEvent): boolean {
  const fields = key.startsWith('Arrow')
    ? 'input, select, textarea'
    : 'input:not([type=radio], [type=range], [type=checkbox]), select, textarea';
  return isComposing || (target instanceof Element && target.matches(fields));
}

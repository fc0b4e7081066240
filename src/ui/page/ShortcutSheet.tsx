import { Sheet } from '../fields/Sheet';
import type { Controller } from '../session/controller';
import type { Settings } from '../settings/settings';
import type { Shortcut } from './shortcuts';

interface Props {
  readonly shortcuts: readonly Shortcut[];
  readonly keys: Settings['keys'];
  readonly controller: Controller;
  readonly onClose: () => void;
}

/** The keys that do something. */
export default function ShortcutSheet({ shortcuts, keys, controller, onClose }: Props) {
  return (
    <Sheet title="Keyboard shortcuts" onClose={onClose}>
      <dl>
        {shortcuts.map(({ shown, text }) => (
          <div key={text}>
            <dt>{text}</dt>
            <dd>
              {shown.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dd>
          </div>
        ))}
        <div>
          <dt>Show shortcuts</dt>
          <dd>
            <kbd>?</kbd>
          </dd>
        </div>
      </dl>
      <p className="hint">
        While the text has the focus, ← and → move from token to token instead, and Enter edits the current one.
      </p>
      <label className="check">
        <input
          type="checkbox"
          checked={keys === 'on'}
          onChange={(event) => controller.set({ keys: event.target.checked ? 'on' : 'off' })}
        />
        Single-key shortcuts work while you are not typing
      </label>
    </Sheet>
  );
}

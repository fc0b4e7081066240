import { useEffect, useRef } from 'react';
import type { Controller } from '../session/controller';
import type { Settings } from '../settings/settings';
import type { Shortcut } from './shortcuts';

interface Props {
  readonly shortcuts: readonly Shortcut[];
  readonly keys: Settings['keys'];
  readonly controller: Controller;
  readonly onClose: () => void;
}

/** The keys that do something. A dialog, so that Escape closes it and the focus comes back. */
export default function ShortcutSheet({ shortcuts, keys, controller, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog className="sheet" ref={dialog} aria-labelledby="sheet-title" onClose={onClose}>
      <header>
        <h2 id="sheet-title">Keyboard shortcuts</h2>
        <button type="button" className="quiet" onClick={() => dialog.current?.close()}>
          Close
        </button>
      </header>
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
    </dialog>
  );
}

import { type ChangeEvent, memo, useRef } from 'react';
import type { Sharing } from './sharing';

/** Opens a run that was saved as a file. */
export const OpenRun = memo(function OpenRun({ sharing }: { sharing: Sharing }) {
  const input = useRef<HTMLInputElement>(null);
  const open = ({ target }: ChangeEvent<HTMLInputElement>) => {
    const file = target.files?.[0];
    // The same file can be chosen again.
    target.value = '';
    if (file) void sharing.openFile(file);
  };
  return (
    <div className="group">
      <h2>Saved runs</h2>
      <button type="button" className="quiet" onClick={() => input.current?.click()}>
        Open a run
      </button>
      <input ref={input} type="file" accept=".json,application/json" hidden onChange={open} />
      <p className="hint">A file made with “Save run”. You can also drop it on the page.</p>
    </div>
  );
});

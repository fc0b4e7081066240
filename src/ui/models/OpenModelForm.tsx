import { type ChangeEvent, type FormEvent, useId, useRef, useState } from 'react';
import { type DistantPlace, folderOf } from '../../library/unmask';

interface Props {
  /** The name of what is being looked for. */
  readonly looking: string | null;
  /** Why the last one could not be opened. */
  readonly refused: string | null;
  readonly onOpen: (place: DistantPlace) => void;
  readonly onCancel: () => void;
}

/** The model may have been asked for below. */
const scrollThere = (element: HTMLElement | null) => element?.scrollIntoView({ block: 'nearest' });

/** Opens a model from an address or from a folder of this device. */
export function OpenModelForm({ looking, refused, onOpen, onCancel }: Props) {
  const id = useId();
  const [address, setAddress] = useState('');
  const open = (event: FormEvent) => {
    event.preventDefault();
    if (address.trim() !== '') onOpen({ type: 'url', url: address.trim() });
  };
  return (
    <form className="open-model" onSubmit={open}>
      <h3>Open another</h3>
      <div className="field">
        <label htmlFor={id}>URL of a model folder or a checkpoint, or a Hugging Face repository (owner/name)</label>
        <div className="open-row">
          <input
            id={id}
            type="text"
            inputMode="url"
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            aria-describedby={`${id}-told`}
            value={address}
            onChange={(event) => setAddress(event.target.value)}
          />
          <button type="submit" className="quiet">
            Open
          </button>
        </div>
      </div>
      <div id={`${id}-told`} className="open-told">
        {refused ? (
          <p role="alert" ref={scrollThere}>
            {refused}
          </p>
        ) : null}
        <p className="hint" role="status">
          {looking === null ? '' : `Looking for ${looking}…`}
        </p>
        {looking === null ? null : (
          <button type="button" className="quiet" ref={scrollThere} onClick={onCancel}>
            Cancel
          </button>
        )}
      </div>
      <FolderButton onOpen={onOpen} />
    </form>
  );
}

/** Chooses a folder of this device. */
function FolderButton({ onOpen }: Pick<Props, 'onOpen'>) {
  const input = useRef<HTMLInputElement>(null);
  const choose = ({ target }: ChangeEvent<HTMLInputElement>) => {
    const folder = folderOf(target.files ?? []);
    // The same folder can be chosen again.
    target.value = '';
    if (folder) onOpen(folder);
  };
  // React knows no such attribute.
  const asFolder = (element: HTMLInputElement | null) => {
    input.current = element;
    if (element) element.webkitdirectory = true;
  };
  return (
    <div className="open-folder">
      <button type="button" className="quiet" onClick={() => input.current?.click()}>
        Open a folder
      </button>
      <input ref={asFolder} type="file" hidden onChange={choose} />
      <p className="hint">
        A folder on this device: a model exported with “npm run export”, or a checkpoint. You can also drop one on the
        page.
      </p>
    </div>
  );
}

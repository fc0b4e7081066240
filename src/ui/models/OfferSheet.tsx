import { useRef, useState } from 'react';
import type { CheckpointOffer, KeptDtype } from '../../library/unmask';
import { ChoiceField } from '../fields/ChoiceField';
import { millions } from '../fields/format';
import { Sheet } from '../fields/Sheet';
import type { ModelLoader } from './model-loader';
import { deviceText, fetchText, hasRoom, isHere, licenceText, memoryText, roomText } from './model-texts';
import './models.css';

interface Props {
  readonly offer: CheckpointOffer;
  readonly models: ModelLoader;
}

const DTYPES: readonly { readonly value: KeptDtype; readonly label: string }[] = [
  { value: 'q8', label: 'q8, most accurate' },
  { value: 'q4', label: 'q4, half the size' },
];

/** What a person decides on before a checkpoint is fetched. */
export default function OfferSheet({ offer, models }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [dtype, setDtype] = useState(offer.suggested);
  const accepted = useRef(false);
  const accept = () => {
    accepted.current = true;
    // The focus goes back only from one that is closed, not from one that is gone.
    dialog.current?.close();
    void models.accept(dtype);
  };
  const close = () => {
    if (!accepted.current) models.librarian.cancel();
  };
  return (
    <Sheet title={offer.name} className="models-sheet" ref={dialog} onClose={close}>
      <p>
        This is a checkpoint as its authors published it. It is converted as it arrives; nothing leaves this device.
      </p>
      <dl className="facts">
        <dt>From</dt>
        <dd>{offer.place}</dd>
        <dt>Licence</dt>
        <dd>{licenceText(offer.licence)}</dd>
        <dt>Parameters</dt>
        <dd>
          {millions(offer.parameters)}, {offer.modelType}
        </dd>
        <dt>Bytes</dt>
        <dd>{fetchText(offer, dtype)}</dd>
        <dt>Memory</dt>
        <dd>{memoryText(offer, dtype)}</dd>
      </dl>
      {offer.tokenizerFrom === null ? null : (
        <p className="hint">It has no tokenizer of its own, so the one from {offer.tokenizerFrom} is used.</p>
      )}
      <ChoiceField label="Save as" value={dtype} choices={DTYPES} onChange={setDtype} />
      <div aria-live="polite">
        <p className="hint">{roomText(offer, dtype)}</p>
        <p className="hint">{deviceText(offer, dtype)}</p>
      </div>
      <div className="alert-actions">
        <button type="button" className="quiet" onClick={accept} disabled={!hasRoom(offer, dtype)}>
          {isHere(offer, dtype) ? 'Open' : offer.begun[dtype].fetchedBytes > 0 ? 'Continue and open' : 'Fetch and open'}
        </button>
        <button type="button" className="quiet" onClick={() => dialog.current?.close()}>
          Cancel
        </button>
      </div>
    </Sheet>
  );
}

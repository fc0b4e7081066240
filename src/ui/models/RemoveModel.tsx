import { useEffect, useRef, useState } from 'react';
import { bytes as bytesText } from '../fields/format';

interface Props {
  readonly name: string;
  /** What removing gives back. */
  readonly bytes: number;
  readonly onRemove: () => Promise<'removed' | 'kept'>;
}

/** Removes a model, after it has asked once more in the same place. */
export function RemoveModel({ name, bytes, onRemove }: Props) {
  const [phase, setPhase] = useState<'quiet' | 'asking' | 'removing'>('quiet');
  const keep = useRef<HTMLButtonElement>(null);
  const remove = useRef<HTMLButtonElement>(null);
  const wasAsking = useRef(false);
  // The button that had the focus is gone.
  useEffect(() => {
    if (phase === 'asking') keep.current?.focus();
    if (phase === 'quiet' && wasAsking.current) remove.current?.focus();
    wasAsking.current = phase === 'asking';
  }, [phase]);
  const confirm = async () => {
    setPhase('removing');
    // The list is drawn without this one then.
    keep.current?.closest('dialog')?.querySelector('h2')?.focus();
    if ((await onRemove()) === 'kept') setPhase('quiet');
  };
  if (phase === 'quiet') {
    return (
      <button type="button" className="quiet" ref={remove} onClick={() => setPhase('asking')}>
        Remove<span className="visually-hidden"> {name}</span>
      </button>
    );
  }
  return (
    <div className="model-removal">
      <p>
        Removing {name} frees {bytesText(bytes)}. To use it later, you will have to open it again.
      </p>
      <button type="button" className="quiet" disabled={phase === 'removing'} onClick={() => void confirm()}>
        Remove
      </button>
      <button
        type="button"
        className="quiet"
        ref={keep}
        disabled={phase === 'removing'}
        onClick={() => setPhase('quiet')}
      >
        Keep
      </button>
    </div>
  );
}

import { memo, useId } from 'react';
import type { Controller } from '../session/controller';
import type { Settings } from './settings';

interface Props {
  readonly settings: Settings;
  readonly controller: Controller;
}

/** What else can be seen of a text that is being written. */
export const SeeingFields = memo(function SeeingFields({ settings: { guesses, histogram }, controller }: Props) {
  const id = useId();
  return (
    <fieldset className="seeing" aria-describedby={`${id}-hint`}>
      <legend>Also show</legend>
      <label className="check">
        <input
          type="checkbox"
          checked={guesses === 'on'}
          onChange={(event) => controller.set({ guesses: event.target.checked ? 'on' : 'off' })}
        />
        Guesses at what is still masked
      </label>
      <label className="check">
        <input
          type="checkbox"
          checked={histogram === 'on'}
          onChange={(event) => controller.set({ histogram: event.target.checked ? 'on' : 'off' })}
        />
        Probabilities of each pass
      </label>
      <p className="hint" id={`${id}-hint`}>
        {guesses === 'on' || histogram === 'on' ? 'Recorded from the next text on, at some cost in speed.' : ''}
      </p>
    </fieldset>
  );
});

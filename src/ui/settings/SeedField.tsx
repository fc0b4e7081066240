import { useId } from 'react';
import { newSeed } from './new-seed';
import { RANGES, type Settings } from './settings';

interface Props {
  readonly settings: Settings;
  readonly onChange: (change: Partial<Settings>) => void;
}

/** The seed: typed, it stays; the die next to it draws a new one for every text. */
export function SeedField({ settings, onChange }: Props) {
  const id = useId();
  const renewing = settings.seeds === 'new each time';
  const type = (text: string) => {
    const seed = Number(text);
    if (text !== '' && Number.isSafeInteger(seed) && seed >= RANGES.seed.min && seed <= RANGES.seed.max) {
      onChange({ seed, seeds: 'keep' });
    }
  };
  const toggle = () => onChange(renewing ? { seeds: 'keep' } : { seeds: 'new each time', seed: newSeed() });
  return (
    <div className="field seed">
      <label htmlFor={id}>Seed</label>
      <div className="seed-row">
        <input
          id={id}
          type="number"
          {...RANGES.seed}
          value={settings.seed}
          aria-describedby={`${id}-hint`}
          onChange={(event) => type(event.target.value)}
        />
        <button type="button" className="die" aria-pressed={renewing} title="New seed each time" onClick={toggle}>
          <svg viewBox="0 0 24 24" aria-hidden="true">
            <rect x="3.5" y="3.5" width="17" height="17" rx="4" />
            <circle cx="8.5" cy="8.5" r="1.4" />
            <circle cx="15.5" cy="8.5" r="1.4" />
            <circle cx="12" cy="12" r="1.4" />
            <circle cx="8.5" cy="15.5" r="1.4" />
            <circle cx="15.5" cy="15.5" r="1.4" />
          </svg>
          <span className="visually-hidden">New seed each time</span>
        </button>
      </div>
      <p className="hint" id={`${id}-hint`}>
        {renewing ? 'A new seed for every text.' : 'Fixed: the same settings give the same text again.'}
      </p>
    </div>
  );
}

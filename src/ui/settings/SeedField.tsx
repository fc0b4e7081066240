import { useId, useState } from 'react';
import { newSeed } from './new-seed';
import { RANGES, type Settings } from './settings';

interface Props {
  readonly settings: Settings;
  readonly onChange: (change: Partial<Settings>) => void;
}

/** The seed: typed, it stays; the die next to it draws a new one for every text. */
export function SeedField({ settings, onChange }: Props) {
  const id = useId();
  /** What is being typed; null while the field has the seed in force. */
  const [typed, setTyped] = useState<string | null>(null);
  const renewing = settings.seeds === 'new each time';
  const isRefused = typed !== null && typed.trim() !== '' && seedOf(typed) === null;
  const type = (text: string) => {
    setTyped(text);
    const seed = seedOf(text);
    if (seed !== null) onChange({ seed, seeds: 'keep' });
  };
  const toggle = () => {
    setTyped(null);
    onChange(renewing ? { seeds: 'keep' } : { seeds: 'new each time', seed: newSeed() });
  };
  return (
    <div className="field seed">
      <label htmlFor={id}>Seed</label>
      <div className="seed-row">
        <input
          id={id}
          type="text"
          inputMode="numeric"
          autoComplete="off"
          value={typed ?? settings.seed}
          aria-invalid={isRefused}
          aria-describedby={`${id}-hint`}
          onChange={(event) => type(event.target.value)}
          onBlur={() => setTyped(null)}
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
      <p className="hint" id={`${id}-hint`} role="status" data-refused={isRefused || undefined}>
        {isRefused
          ? `“${typed}” is not a seed: that is a whole number from 0 to ${RANGES.seed.max}. Seed ${settings.seed} stays.`
          : renewing
            ? 'A new seed for every text.'
            : 'Fixed: the same settings give the same text again.'}
      </p>
    </div>
  );
}

/** Null for what is not a seed. */
function seedOf(text: string): number | null {
  const seed = Number(text);
  return /^\d+$/.test(text.trim()) && seed <= RANGES.seed.max ? seed : null;
}

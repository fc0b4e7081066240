import { useId } from 'react';
import { HEATS, type Heat } from '../settings/settings';

const NAMES: Readonly<Record<Heat, string>> = { plain: 'Plain', confidence: 'Confidence', order: 'Order' };

/** What the two ends of a colour stand for. */
const ENDS: Readonly<Record<Heat, readonly [string, string]>> = {
  plain: ['sure', 'unsure'],
  confidence: ['sure', 'unsure'],
  order: ['first', 'last'],
};

/** What the colour of the text tells, and a legend of it. */
export function HeatField({ heat, onChange }: { heat: Heat; onChange: (heat: Heat) => void }) {
  const name = useId();
  const [low, high] = ENDS[heat];
  return (
    <div className="heat">
      <p className="legend" data-heat={heat}>
        <span>{low}</span>
        <span className="legend-colours" aria-hidden="true" />
        <span>{high}</span>
      </p>
      <fieldset className="choice heat-choice">
        <legend className="visually-hidden">Highlighting</legend>
        <div className="choice-bar">
          {HEATS.map((value) => (
            <label key={value}>
              <input type="radio" name={name} checked={value === heat} onChange={() => onChange(value)} />
              <span>{NAMES[value]}</span>
            </label>
          ))}
        </div>
      </fieldset>
    </div>
  );
}

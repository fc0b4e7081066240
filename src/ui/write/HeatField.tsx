import { memo, useId } from 'react';
import type { Controller } from '../session/controller';
import { HEATS, type Heat } from '../settings/settings';

const NAMES: Readonly<Record<Heat, string>> = { plain: 'Plain', confidence: 'Confidence', order: 'Order' };

/** What the two ends of a colour stand for. */
const ENDS: Readonly<Record<Heat, readonly [string, string]>> = {
  plain: ['sure', 'unsure'],
  confidence: ['sure', 'unsure'],
  order: ['first', 'last'],
};

/** What the colour of the text tells, and a legend of it. */
export const HeatField = memo(function HeatField({ heat, controller }: { heat: Heat; controller: Controller }) {
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
              <input
                type="radio"
                name={name}
                checked={value === heat}
                onChange={() => controller.set({ heat: value })}
              />
              <span>{NAMES[value]}</span>
            </label>
          ))}
        </div>
      </fieldset>
    </div>
  );
});

import { useId } from 'react';
import { ActionButton } from '../fields/ActionButton';
import { SliderField } from '../fields/SliderField';
import { EXAMPLE } from './example';
import type { ReadRunner } from './read-runner';
import { MOST_CHARACTERS, type Reading } from './reading';

interface Props {
  readonly reading: Reading;
  readonly ready: boolean;
  readonly runner: ReadRunner;
}

/** The text to read, what comes before it, and the button that reads it. */
export function ReadForm({ reading: { form, phase }, ready, runner }: Props) {
  const id = useId();
  const { before, text, clip } = form;
  const isReading = phase === 'reading';
  const over = text.length - MOST_CHARACTERS;
  return (
    <section className="compose read-form" aria-label="What to read">
      <div className="field">
        <label htmlFor={`${id}-text`}>Text to read</label>
        <textarea
          id={`${id}-text`}
          rows={8}
          value={text}
          aria-describedby={`${id}-length`}
          onChange={(event) => runner.set({ text: event.target.value })}
        />
        <p className="hint" id={`${id}-length`} role="status">
          {over > 0
            ? `Only the first ${MOST_CHARACTERS.toLocaleString('en')} characters are read; the last ${over.toLocaleString('en')} are left out.`
            : ''}
        </p>
      </div>
      <div className="field">
        <label htmlFor={`${id}-before`}>Context (optional)</label>
        <textarea
          id={`${id}-before`}
          rows={2}
          maxLength={2000}
          value={before}
          aria-describedby={`${id}-before-hint`}
          onChange={(event) => runner.set({ before: event.target.value })}
        />
        <p className="hint" id={`${id}-before-hint`}>
          The model sees this first. It is not measured.
        </p>
      </div>
      <ActionButton
        label="Read"
        running={isReading}
        ready={ready && text.trim() !== ''}
        onStart={() => void runner.start()}
        onStop={() => runner.stop()}
      />
      <button type="button" className="quiet" onClick={() => runner.set(EXAMPLE)}>
        Use the example
      </button>
      <SliderField
        label="Clipped noise from"
        value={clip.from}
        min={0.05}
        max={0.9}
        step={0.05}
        shown={`β = ${clip.from.toFixed(2)}`}
        disabled={isReading}
        onChange={(from) => runner.set({ clip: { from, to: Math.max(clip.to, rounded(from + 0.05)) } })}
      />
      <SliderField
        label="Clipped noise to"
        value={clip.to}
        min={0.1}
        max={1}
        step={0.05}
        shown={`ω = ${clip.to.toFixed(2)}`}
        hint="The linear schedule masks any share of a block; the clipped one masks a share between β and ω."
        disabled={isReading}
        onChange={(to) => runner.set({ clip: { from: Math.min(clip.from, rounded(to - 0.05)), to } })}
      />
    </section>
  );
}

/** To the sliders' step: 0.1 + 0.05 is a little more than 0.15. */
function rounded(value: number): number {
  return Math.round(value * 20) / 20;
}

import { useId } from 'react';
import { TermMark } from '../glossary/Term';
import type { TermId } from '../glossary/terms';

interface Props {
  readonly label: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  /** The value for people, e.g. `8 tokens`. */
  readonly shown: string;
  readonly hint?: string;
  /** What the label means, in the glossary. */
  readonly term?: TermId;
  readonly disabled?: boolean;
  readonly onChange: (value: number) => void;
}

/** A labelled range with its value beside the label. */
export function SliderField({ label, value, min, max, step, shown, hint, term, disabled = false, onChange }: Props) {
  const id = useId();
  const share = max > min ? (value - min) / (max - min) : 1;
  return (
    <div className="field slider">
      <div className="slider-head">
        <label htmlFor={id}>{label}</label>
        {term ? <TermMark id={term} /> : null}
        <output htmlFor={id}>{shown}</output>
      </div>
      <input
        id={id}
        type="range"
        min={min}
        max={max}
        step={step}
        value={value}
        disabled={disabled}
        aria-valuetext={shown}
        aria-describedby={hint ? `${id}-hint` : undefined}
        style={{ '--share': share }}
        onChange={(event) => onChange(event.target.valueAsNumber)}
      />
      {hint ? (
        <p className="hint" id={`${id}-hint`}>
          {hint}
        </p>
      ) : null}
    </div>
  );
}

import { useId } from 'react';

interface Choice<T extends string> {
  readonly value: T;
  readonly label: string;
}

interface Props<T extends string> {
  readonly label: string;
  /** Null where none of them is taken. */
  readonly value: T | null;
  readonly choices: readonly Choice<T>[];
  readonly hint?: string;
  readonly onChange: (value: T) => void;
}

/** A few choices side by side, one of them taken: radio buttons drawn as one bar. */
export function ChoiceField<T extends string>({ label, value, choices, hint, onChange }: Props<T>) {
  const name = useId();
  return (
    <fieldset className="choice" aria-describedby={hint ? `${name}-hint` : undefined}>
      <legend>{label}</legend>
      <div className="choice-bar">
        {choices.map((choice) => (
          <label key={choice.value}>
            <input type="radio" name={name} checked={choice.value === value} onChange={() => onChange(choice.value)} />
            <span>{choice.label}</span>
          </label>
        ))}
      </div>
      {hint ? (
        <p className="hint" id={`${name}-hint`}>
          {hint}
        </p>
      ) : null}
    </fieldset>
  );
}

import { useId } from 'react';
import { SliderField } from '../fields/SliderField';
import { POLICY_TEXTS, stepsHint } from '../settings/policy-texts';
import { policiesOn, usesSteps } from '../settings/settings';
import { type Side, type SideTraits, sideOn } from './race';

interface Props {
  readonly name: string;
  readonly side: Side;
  readonly model: SideTraits;
  readonly disabled: boolean;
  readonly onChange: (change: Partial<Side>) => void;
}

/** How one of the racers writes. */
export function SideField({ name, side, model, disabled, onChange }: Props) {
  const id = useId();
  const { blockSizes } = model;
  const { blockSize, policy, steps } = sideOn(side, model);
  const names = policiesOn(model);
  const isSingle = blockSize === 1;
  const paced = usesSteps(policy) && !isSingle;
  const hint = isSingle ? 'One token at a time leaves no choice of order.' : stepsHint(policy);
  return (
    <fieldset className="group side" disabled={disabled}>
      <legend>{name}</legend>
      <SliderField
        label="Block size"
        value={blockSizes.indexOf(blockSize)}
        min={0}
        max={blockSizes.length - 1}
        step={1}
        shown={isSingle ? '1 token' : `${blockSize} tokens`}
        onChange={(index) => onChange({ blockSize: blockSizes[index] ?? blockSize })}
      />
      <div className="field">
        <label htmlFor={id}>Order of unmasking</label>
        <select
          id={id}
          value={policy}
          disabled={isSingle}
          onChange={(event) => onChange({ policy: names.find((each) => each === event.target.value) ?? policy })}
        >
          {names.map((each) => (
            <option key={each} value={each}>
              {POLICY_TEXTS[each].name}
            </option>
          ))}
        </select>
      </div>
      <SliderField
        label="Steps per block"
        value={paced ? steps : blockSize}
        min={1}
        max={Math.max(2, blockSize)}
        step={1}
        shown={paced ? String(steps) : '–'}
        hint={hint ?? 'Fewer steps mean fewer passes.'}
        disabled={!paced}
        onChange={(steps) => onChange({ steps })}
      />
    </fieldset>
  );
}

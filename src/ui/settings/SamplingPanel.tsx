import { lazy, memo, Suspense, useId } from 'react';
import type { PolicyName } from '../../library/unmask';
import { tokensText } from '../fields/format';
import { SliderField } from '../fields/SliderField';
import { WaitingNote } from '../fields/WaitingNote';
import type { Controller } from '../session/controller';
import { type ModelState, traitsOf } from '../session/session';
import { POLICY_TEXTS, stepsHint } from './policy-texts';
import { SeedField } from './SeedField';
import {
  blockSizeFor,
  policiesOn,
  policyFor,
  RANGES,
  type Settings,
  stepsFor,
  thresholdFor,
  usesSteps,
} from './settings';

interface Props {
  readonly settings: Settings;
  readonly model: ModelState;
  /** Whether something here takes effect with the next block only. */
  readonly waiting: boolean;
  readonly controller: Controller;
}

const QualityCurve = lazy(() => import('./QualityCurve'));

/** How the text is uncovered. */
export const SamplingPanel = memo(function SamplingPanel({ settings, model, waiting, controller }: Props) {
  const onChange = (change: Partial<Settings>) => controller.set(change);
  const traits = traitsOf(model);
  const { blockSizes, defaultBlockSize, origin } = traits;
  const policy = policyFor(settings, traits);
  const threshold = thresholdFor(settings, traits);
  const blockSize = blockSizeFor(settings, { blockSizes, defaultBlockSize });
  const steps = stepsFor(settings, blockSize);
  const hint = stepsHint(policy);
  return (
    <div className="group">
      <div className="group-head">
        <h2>Unmasking</h2>
        <WaitingNote until={waiting ? 'next block' : null} />
      </div>
      <SliderField
        label="Block size"
        term="block-size"
        value={blockSizes.indexOf(blockSize)}
        min={0}
        max={blockSizes.length - 1}
        step={1}
        shown={tokensText(blockSize)}
        hint={
          blockSize === 1
            ? 'One at a time, left to right, the way most language models write.'
            : 'How many tokens are uncovered together. Larger blocks leave more freedom of order, at some cost in quality.'
        }
        onChange={(index) => onChange({ blockSize: blockSizes[index] ?? defaultBlockSize })}
      />
      <PolicyField policy={policy} names={policiesOn(traits)} onChange={onChange} />
      {policy === 'threshold' ? (
        <SliderField
          label="Threshold"
          term="threshold"
          value={threshold}
          {...RANGES.threshold}
          shown={`probability ${Math.round(threshold * 100)} %`}
          hint="Lower is faster but lets more wrong words through."
          onChange={(threshold) => onChange({ threshold })}
        />
      ) : null}
      {policy === 'entropy' ? (
        <SliderField
          label="Entropy bound"
          term="entropy"
          value={settings.entropyBound}
          {...RANGES.entropyBound}
          shown={`${settings.entropyBound.toFixed(2)} nats`}
          hint="Higher is faster but lets more wrong words through."
          onChange={(entropyBound) => onChange({ entropyBound })}
        />
      ) : null}
      <SliderField
        label="Steps per block"
        term="denoise-step"
        value={hint ? blockSize : steps}
        min={1}
        max={blockSize}
        step={1}
        shown={hint ? '–' : String(steps)}
        hint={hint ?? 'Fewer steps uncover more tokens at a time: faster, but those tokens cannot see each other.'}
        disabled={!usesSteps(policy)}
        onChange={(steps) => onChange({ steps })}
      />
      {origin.type === 'embedded' && usesSteps(policy) && steps < blockSize ? (
        <Suspense>
          <QualityCurve policy={policy} blockSize={blockSize} steps={steps} />
        </Suspense>
      ) : null}
      <h2>Sampling</h2>
      <SliderField
        label="Maximum length"
        value={settings.maxTokens}
        {...RANGES.maxTokens}
        shown={tokensText(settings.maxTokens)}
        hint="Longer texts take more time. Memory stops growing once the model’s context is full."
        onChange={(maxTokens) => onChange({ maxTokens })}
      />
      <SliderField
        label="Temperature"
        term="temperature"
        value={settings.temperature}
        {...RANGES.temperature}
        shown={settings.temperature === 0 ? 'always the most likely' : settings.temperature.toFixed(2)}
        hint="Higher makes unlikely words more likely: livelier but less coherent. Speed stays the same."
        onChange={(temperature) => onChange({ temperature })}
      />
      <SliderField
        label="Top-p"
        term="nucleus"
        value={settings.topP}
        {...RANGES.topP}
        shown={settings.topP.toFixed(2)}
        hint="Nucleus sampling: words are drawn only from the most likely ones that add up to this share. Lower is safer but duller."
        onChange={(topP) => onChange({ topP })}
      />
      <SeedField settings={settings} onChange={onChange} />
    </div>
  );
});

interface PolicyProps {
  readonly policy: PolicyName;
  /** Those to choose from. */
  readonly names: readonly PolicyName[];
  readonly onChange: (change: Partial<Settings>) => void;
}

function PolicyField({ policy, names, onChange }: PolicyProps) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>Order of unmasking</label>
      <select
        id={id}
        value={policy}
        aria-describedby={`${id}-hint`}
        onChange={(event) => onChange({ policy: names.find((name) => name === event.target.value) ?? policy })}
      >
        {names.map((name) => (
          <option key={name} value={name}>
            {POLICY_TEXTS[name].name}
          </option>
        ))}
      </select>
      <p className="hint" id={`${id}-hint`}>
        {POLICY_TEXTS[policy].text}
      </p>
    </div>
  );
}

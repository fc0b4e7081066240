import { useId } from 'react';
import { POLICY_TEXTS, stepsHint } from './policy-texts';
import { SeedField } from './SeedField';
import { SliderField } from './SliderField';
import type { ModelState } from './session';
import { blockSizeFor, POLICIES, RANGES, type Settings, stepsFor, usesSteps } from './settings';

interface Props {
  readonly settings: Settings;
  readonly model: ModelState;
  readonly onChange: (change: Partial<Settings>) => void;
}

/** Shown until a model says what it can. */
const ANY_MODEL = { blockSizes: [1, 2, 4, 8, 16, 32], defaultBlockSize: 4 };

/** How the text is uncovered. */
export function SamplingPanel({ settings, model, onChange }: Props) {
  const { blockSizes, defaultBlockSize } = model.phase === 'ready' ? model.info : ANY_MODEL;
  const blockSize = blockSizeFor(settings, { blockSizes, defaultBlockSize });
  const steps = stepsFor(settings, blockSize);
  const hint = stepsHint(settings.policy);
  return (
    <div className="group">
      <h2>Unmasking</h2>
      <SliderField
        label="Block size"
        value={blockSizes.indexOf(blockSize)}
        min={0}
        max={blockSizes.length - 1}
        step={1}
        shown={tokens(blockSize)}
        hint={blockSize === 1 ? 'One at a time, left to right, as most language models write.' : ''}
        onChange={(index) => onChange({ blockSize: blockSizes[index] ?? defaultBlockSize })}
      />
      <PolicyField settings={settings} onChange={onChange} />
      {settings.policy === 'threshold' ? (
        <SliderField
          label="Threshold"
          value={settings.threshold}
          {...RANGES.threshold}
          shown={`${Math.round(settings.threshold * 100)} % sure`}
          onChange={(threshold) => onChange({ threshold })}
        />
      ) : null}
      {settings.policy === 'entropy' ? (
        <SliderField
          label="Entropy bound"
          value={settings.entropyBound}
          {...RANGES.entropyBound}
          shown={`${settings.entropyBound.toFixed(2)} nats`}
          onChange={(entropyBound) => onChange({ entropyBound })}
        />
      ) : null}
      <SliderField
        label="Steps per block"
        value={hint ? blockSize : steps}
        min={1}
        max={blockSize}
        step={1}
        shown={hint ? '–' : String(steps)}
        {...(hint ? { hint } : {})}
        disabled={!usesSteps(settings.policy)}
        onChange={(steps) => onChange({ steps })}
      />
      <h2>Sampling</h2>
      <SliderField
        label="Length"
        value={settings.maxTokens}
        {...RANGES.maxTokens}
        shown={tokens(settings.maxTokens)}
        onChange={(maxTokens) => onChange({ maxTokens })}
      />
      <SliderField
        label="Temperature"
        value={settings.temperature}
        {...RANGES.temperature}
        shown={settings.temperature === 0 ? 'always the likeliest' : settings.temperature.toFixed(2)}
        onChange={(temperature) => onChange({ temperature })}
      />
      <SliderField
        label="Top-p"
        value={settings.topP}
        {...RANGES.topP}
        shown={settings.topP.toFixed(2)}
        onChange={(topP) => onChange({ topP })}
      />
      <SeedField settings={settings} onChange={onChange} />
      <label className="check">
        <input
          type="checkbox"
          checked={settings.confidence === 'shown'}
          onChange={(event) => onChange({ confidence: event.target.checked ? 'shown' : 'hidden' })}
        />
        Underline what the model was unsure of
      </label>
    </div>
  );
}

function PolicyField({ settings, onChange }: Pick<Props, 'settings' | 'onChange'>) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>Order of unmasking</label>
      <select
        id={id}
        value={settings.policy}
        aria-describedby={`${id}-hint`}
        onChange={(event) => onChange({ policy: POLICIES.find((name) => name === event.target.value) ?? POLICIES[0] })}
      >
        {POLICIES.map((name) => (
          <option key={name} value={name}>
            {POLICY_TEXTS[name].name}
          </option>
        ))}
      </select>
      <p className="hint" id={`${id}-hint`}>
        {POLICY_TEXTS[settings.policy].text}
      </p>
    </div>
  );
}

function tokens(count: number): string {
  return count === 1 ? '1 token' : `${count} tokens`;
}

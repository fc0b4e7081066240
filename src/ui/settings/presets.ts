import type { ModelInfo } from '../../library/unmask';
import { runsOnCpu } from '../fields/format';
import { blockSizeFor, type ModelTraits, policyFor, type Settings, stepsFor, usesSteps } from './settings';

export type PresetName = 'autoregressive' | 'checked' | 'balanced' | 'fast' | 'wild';

interface Preset {
  readonly name: PresetName;
  readonly label: string;
  /** What it does. */
  readonly text: string;
  /** What that costs where fewer passes are faster, as measured: training/REPORT.md. */
  readonly onGpu: string;
  /** And where a pass takes longer the more tokens it covers, as measured: docs/LOG.md. */
  readonly onCpu: string;
  readonly policy: 'confidence' | 'speculative';
  /** null as in `Settings`: the one that the model is usually decoded in. */
  readonly blockSize: number | null;
  readonly tokensPerStep: number;
  readonly temperature: number;
  readonly topP: number;
}

/** Ways to write, from the most careful on. */
export const PRESETS: readonly Preset[] = [
  {
    name: 'autoregressive',
    label: 'One at a time',
    text: 'One token after another, the way most language models write.',
    onGpu: 'The best text, but it takes the most passes.',
    onCpu: 'The best text, and on a CPU the fastest.',
    policy: 'confidence',
    blockSize: 1,
    tokensPerStep: 1,
    temperature: 0.8,
    topP: 0.95,
  },
  {
    name: 'checked',
    label: 'Drafted and checked',
    text: 'It drafts a few tokens at once, and keeps those that writing one at a time would write.',
    onGpu: 'The text of one at a time, in little more than half the passes.',
    onCpu: 'The text of one at a time, but on a CPU it takes 1.7 times as long.',
    policy: 'speculative',
    blockSize: null,
    tokensPerStep: 1,
    temperature: 0.8,
    topP: 0.95,
  },
  {
    name: 'balanced',
    label: 'In blocks',
    text: 'The surest token of each block first.',
    onGpu:
      'Depending on the model, it takes half the work of writing one at a time or just as much, and it is almost as good.',
    onCpu: 'Almost as good as one at a time, but on a CPU it takes more than twice as long.',
    policy: 'confidence',
    blockSize: null,
    tokensPerStep: 1,
    temperature: 0.8,
    topP: 0.95,
  },
  {
    name: 'fast',
    label: 'In pairs',
    text: 'The two surest tokens at each step, in larger blocks.',
    onGpu:
      'Depending on the model, it takes a third or two thirds of the work of writing one at a time, with the odd mistake.',
    onCpu: 'It makes the odd mistake, and on a CPU it still takes more than twice as long as writing one at a time.',
    policy: 'confidence',
    blockSize: 16,
    tokensPerStep: 2,
    temperature: 0.8,
    topP: 0.95,
  },
  {
    name: 'wild',
    label: 'Wild',
    text: 'Four tokens at each step, and unlikely words are welcome. It rarely makes sense.',
    onGpu: 'Depending on the model, it takes a sixth or a third of the work of writing one at a time.',
    onCpu: 'On a CPU it still takes more than twice as long as writing one at a time.',
    policy: 'confidence',
    blockSize: 32,
    tokensPerStep: 4,
    temperature: 1.1,
    topP: 1,
  },
];

type PresetTraits = Pick<ModelTraits, 'blockSizes' | 'defaultBlockSize' | 'policies'>;

/** The preset as this model can do it: with its largest block size that is not larger. */
export function presetSettings(
  preset: Preset,
  { blockSizes, defaultBlockSize }: Pick<PresetTraits, 'blockSizes' | 'defaultBlockSize'>,
) {
  const { policy, tokensPerStep, temperature, topP } = preset;
  const wanted = preset.blockSize ?? defaultBlockSize;
  const blockSize = blockSizes.findLast((size) => size <= wanted) ?? blockSizes[0] ?? wanted;
  const steps = Math.ceil(blockSize / tokensPerStep);
  return { policy, blockSize, steps, temperature, topP } as const satisfies Partial<Settings>;
}

/** The presets that differ on this model, and do on it what they say. */
export function presetsFor(model: PresetTraits): readonly Preset[] {
  const able = PRESETS.filter((preset) => {
    const { blockSize } = presetSettings(preset, model);
    if (!model.policies.includes(preset.policy) || blockSize < preset.tokensPerStep) return false;
    return preset.blockSize === 1 ? blockSize === 1 : preset.policy !== 'speculative' || blockSize > 1;
  });
  const meaning = (preset: Preset) => JSON.stringify(presetSettings(preset, model));
  return able.filter((preset, index) => able.findIndex((other) => meaning(other) === meaning(preset)) === index);
}

/** The preset that these settings amount to, or null. */
export function presetOf(settings: Settings, model: PresetTraits & Pick<ModelTraits, 'decoding'>): Preset | null {
  const blockSize = blockSizeFor(settings, model);
  const found = presetsFor(model).find((preset) => {
    const wanted = presetSettings(preset, model);
    const sameSteps = !usesSteps(wanted.policy) || wanted.steps === stepsFor(settings, blockSize);
    const sameOrder = wanted.policy === policyFor(settings, model) && sameSteps;
    return (
      wanted.blockSize === blockSize &&
      (sameOrder || blockSize === 1) &&
      wanted.temperature === settings.temperature &&
      wanted.topP === settings.topP
    );
  });
  return found ?? null;
}

/** What a preset does, and once it is known where the model runs, what that costs there. */
export function presetText(
  { text, onGpu, onCpu }: Preset,
  info: Pick<ModelInfo, 'backend' | 'adapter'> | null,
): string {
  return info ? `${text} ${runsOnCpu(info) ? onCpu : onGpu}` : text;
}

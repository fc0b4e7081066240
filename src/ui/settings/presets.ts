import type { ModelInfo } from '../../library/unmask';
import { runsOnCpu } from '../fields/format';
import {
  blockSizeFor,
  type ModelTraits,
  policyFor,
  type Settings,
  stepsFor,
  thresholdFor,
  usesSteps,
} from './settings';

export type PresetName = 'autoregressive' | 'checked' | 'balanced' | 'fast' | 'wild';

/** Which tokens a step reveals. */
type Order =
  | { readonly policy: 'confidence'; readonly tokensPerStep: number }
  | { readonly policy: 'threshold'; readonly threshold: number }
  | { readonly policy: 'speculative' };

interface Preset {
  readonly name: PresetName;
  readonly label: string;
  /** What it does. */
  readonly text: string;
  /** What that costs where fewer passes are faster, as measured: training/REPORT.md. */
  readonly onGpu: string;
  /** And where a pass takes longer the more tokens it covers, as measured: docs/LOG.md. */
  readonly onCpu: string;
  readonly order: Order;
  /** null as in `Settings`: the one that the model is usually decoded in. */
  readonly blockSize: number | null;
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
    order: { policy: 'confidence', tokensPerStep: 1 },
    blockSize: 1,
    temperature: 0.8,
    topP: 0.95,
  },
  {
    name: 'checked',
    label: 'Drafted and checked',
    text: 'It drafts a few tokens at once, and keeps those that writing one at a time would write.',
    onGpu: 'The text of one at a time, in little more than half the passes, each of which takes longer.',
    onCpu: 'The text of one at a time, but on a CPU it takes 1.7 times as long.',
    order: { policy: 'speculative' },
    blockSize: null,
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
    order: { policy: 'confidence', tokensPerStep: 1 },
    blockSize: null,
    temperature: 0.8,
    topP: 0.95,
  },
  {
    name: 'fast',
    label: 'When sure',
    text: 'At each step every token that it is more than half sure of, in larger blocks.',
    onGpu:
      'Depending on the model, it takes half or four fifths of the work of writing one at a time, and it is almost as good.',
    onCpu: 'Almost as good as one at a time, but on a CPU it takes more than twice as long.',
    order: { policy: 'threshold', threshold: 0.5 },
    blockSize: 16,
    temperature: 0.8,
    topP: 0.95,
  },
  {
    name: 'wild',
    label: 'Wild',
    text: 'Four tokens at each step, and unlikely words are welcome. It rarely makes sense.',
    onGpu: 'Depending on the model, it takes a sixth or a third of the work of writing one at a time.',
    onCpu: 'On a CPU it still takes more than twice as long as writing one at a time.',
    order: { policy: 'confidence', tokensPerStep: 4 },
    blockSize: 32,
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
  const { order, temperature, topP } = preset;
  const wanted = preset.blockSize ?? defaultBlockSize;
  const blockSize = blockSizes.findLast((size) => size <= wanted) ?? blockSizes[0] ?? wanted;
  const steps = order.policy === 'confidence' ? Math.ceil(blockSize / order.tokensPerStep) : null;
  const threshold = order.policy === 'threshold' && { threshold: order.threshold };
  return { policy: order.policy, blockSize, steps, ...threshold, temperature, topP } satisfies Partial<Settings>;
}

/** The presets that differ on this model, and do on it what they say. */
export function presetsFor(model: PresetTraits): readonly Preset[] {
  const able = PRESETS.filter((preset) => {
    const { order } = preset;
    const { blockSize } = presetSettings(preset, model);
    if (!model.policies.includes(order.policy)) return false;
    if (preset.blockSize === 1) return blockSize === 1;
    return blockSize >= (order.policy === 'confidence' ? order.tokensPerStep : 2);
  });
  const meaning = (preset: Preset) => JSON.stringify(presetSettings(preset, model));
  return able.filter((preset, index) => able.findIndex((other) => meaning(other) === meaning(preset)) === index);
}

/** The preset that these settings amount to, or null. */
export function presetOf(settings: Settings, model: PresetTraits & Pick<ModelTraits, 'decoding'>): Preset | null {
  const blockSize = blockSizeFor(settings, model);
  const found = presetsFor(model).find((preset) => {
    const wanted = presetSettings(preset, model);
    const sameSteps = !usesSteps(wanted.policy) || stepsFor(wanted, blockSize) === stepsFor(settings, blockSize);
    const sameThreshold = wanted.threshold === undefined || wanted.threshold === thresholdFor(settings, model);
    const sameOrder = wanted.policy === policyFor(settings, model) && sameSteps && sameThreshold;
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

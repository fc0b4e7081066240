import { blockSizeFor, type ModelTraits, policyFor, type Settings, stepsFor } from './settings';

export type PresetName = 'autoregressive' | 'balanced' | 'fast' | 'wild';

interface Preset {
  readonly name: PresetName;
  readonly label: string;
  /** What it does and what it costs, as measured: training/REPORT.md. */
  readonly text: string;
  readonly blockSize: number;
  readonly tokensPerStep: number;
  readonly temperature: number;
  readonly topP: number;
}

/** Ways to write, from the most careful on. */
export const PRESETS: readonly Preset[] = [
  {
    name: 'autoregressive',
    label: 'Autoregressive',
    text: 'One token after another, the way most language models write. The best text, but two passes per token.',
    blockSize: 1,
    tokensPerStep: 1,
    temperature: 0.8,
    topP: 0.95,
  },
  {
    name: 'balanced',
    label: 'Balanced',
    text: 'The surest token of each block first. About half the work of one-at-a-time, and almost as good.',
    blockSize: 8,
    tokensPerStep: 1,
    temperature: 0.8,
    topP: 0.95,
  },
  {
    name: 'fast',
    label: 'Fast',
    text: 'The two surest tokens at each step, in larger blocks. A third of the work, with the odd mistake.',
    blockSize: 16,
    tokensPerStep: 2,
    temperature: 0.8,
    topP: 0.95,
  },
  {
    name: 'wild',
    label: 'Wild',
    text: 'Four tokens at each step, and unlikely words are welcome. A sixth of the work, and it rarely makes sense.',
    blockSize: 32,
    tokensPerStep: 4,
    temperature: 1.1,
    topP: 1,
  },
];

/** The preset as this model can do it: with its largest block size that is not larger. */
export function presetSettings(preset: Preset, { blockSizes }: Pick<ModelTraits, 'blockSizes'>) {
  const { tokensPerStep, temperature, topP } = preset;
  const blockSize = blockSizes.findLast((size) => size <= preset.blockSize) ?? blockSizes[0] ?? preset.blockSize;
  const steps = Math.ceil(blockSize / tokensPerStep);
  return { policy: 'confidence', blockSize, steps, temperature, topP } as const satisfies Partial<Settings>;
}

/** The preset that these settings amount to, or null. */
export function presetOf(
  settings: Settings,
  model: Pick<ModelTraits, 'blockSizes' | 'defaultBlockSize' | 'decoding'>,
): Preset | null {
  const blockSize = blockSizeFor(settings, model);
  const found = PRESETS.find((preset) => {
    const wanted = presetSettings(preset, model);
    const sameOrder = wanted.policy === policyFor(settings, model) && wanted.steps === stepsFor(settings, blockSize);
    return (
      wanted.blockSize === blockSize &&
      (sameOrder || blockSize === 1) &&
      wanted.temperature === settings.temperature &&
      wanted.topP === settings.topP
    );
  });
  return found ?? null;
}

import { blockSizeFor, type ModelTraits, policyFor, type Settings, stepsFor } from './settings';

export type PresetName = 'autoregressive' | 'balanced' | 'fast' | 'wild';

/** What a preset is called, and what it does and costs. */
interface Named {
  readonly label: string;
  readonly text: string;
}

interface Preset {
  readonly name: PresetName;
  /** Where fewer passes are faster, as measured: training/REPORT.md. */
  readonly onGpu: Named;
  /** Where a pass takes longer the more tokens it covers, as measured: docs/LOG.md. */
  readonly onCpu: Named;
  readonly blockSize: number;
  readonly tokensPerStep: number;
  readonly temperature: number;
  readonly topP: number;
}

/** Ways to write, from the most careful on. */
export const PRESETS: readonly Preset[] = [
  {
    name: 'autoregressive',
    onGpu: {
      label: 'Autoregressive',
      text: 'One token after another, the way most language models write. The best text, but two passes per token.',
    },
    onCpu: {
      label: 'One by one',
      text: 'One token after another, the way most language models write. The best text, and on a CPU the fastest.',
    },
    blockSize: 1,
    tokensPerStep: 1,
    temperature: 0.8,
    topP: 0.95,
  },
  {
    name: 'balanced',
    onGpu: {
      label: 'Balanced',
      text: 'The surest token of each block first. About half the work of one-at-a-time, and almost as good.',
    },
    onCpu: {
      label: 'In blocks',
      text: 'The surest token of each block first. Almost as good, but on a CPU it takes more than twice as long as one by one.',
    },
    blockSize: 8,
    tokensPerStep: 1,
    temperature: 0.8,
    topP: 0.95,
  },
  {
    name: 'fast',
    onGpu: {
      label: 'Fast',
      text: 'The two surest tokens at each step, in larger blocks. A third of the work, with the odd mistake.',
    },
    onCpu: {
      label: 'In pairs',
      text: 'The two surest tokens at each step, in larger blocks. The odd mistake, and on a CPU still more than twice as long as one by one.',
    },
    blockSize: 16,
    tokensPerStep: 2,
    temperature: 0.8,
    topP: 0.95,
  },
  {
    name: 'wild',
    onGpu: {
      label: 'Wild',
      text: 'Four tokens at each step, and unlikely words are welcome. A sixth of the work, and it rarely makes sense.',
    },
    onCpu: {
      label: 'Wild',
      text: 'Four tokens at each step, and unlikely words are welcome. It rarely makes sense, and on a CPU still takes more than twice as long as one by one.',
    },
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

/** The presets that differ on this model, and do on it what they say. */
export function presetsFor(model: Pick<ModelTraits, 'blockSizes'>): readonly Preset[] {
  const able = PRESETS.filter((preset) => {
    const { blockSize } = presetSettings(preset, model);
    return blockSize >= preset.tokensPerStep && (preset.blockSize > 1 || blockSize === 1);
  });
  const meaning = (preset: Preset) => JSON.stringify(presetSettings(preset, model));
  return able.filter((preset, index) => able.findIndex((other) => meaning(other) === meaning(preset)) === index);
}

/** The preset that these settings amount to, or null. */
export function presetOf(
  settings: Settings,
  model: Pick<ModelTraits, 'blockSizes' | 'defaultBlockSize' | 'decoding'>,
): Preset | null {
  const blockSize = blockSizeFor(settings, model);
  const found = presetsFor(model).find((preset) => {
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

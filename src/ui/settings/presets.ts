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
      text: 'One token after another, as most language models write. The best text, at two passes a token.',
    },
    onCpu: {
      label: 'One by one',
      text: 'One token after another, as most language models write. The best text, and on a CPU the fastest.',
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
      text: 'The surest token of a block first. Nearly as good, for little more than half of the passes.',
    },
    onCpu: {
      label: 'Any order',
      text: 'The surest token of a block first. Nearly as good; on a CPU it takes longer than one by one.',
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
      text: 'The two surest tokens a step, in larger blocks. A third of the passes, and slips now and then.',
    },
    onCpu: {
      label: 'In pairs',
      text: 'The two surest tokens a step, in larger blocks. Slips now and then, and on a CPU it saves no time.',
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
      text: 'Four tokens a step, and unlikely words are welcome. A sixth of the passes, and seldom sense.',
    },
    onCpu: {
      label: 'Wild',
      text: 'Four tokens a step, and unlikely words are welcome. Seldom sense, and on a CPU it saves no time.',
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

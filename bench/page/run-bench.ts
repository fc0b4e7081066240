import type { ModelSource } from '../../src/model/source/model-source';
import type { BenchReport, BenchScope } from '../report';
import { modelName, openEndlessModel, openGpu, openRacers } from './bench-model';
import type { BenchRequest } from './bench-protocol';
import { countGpuWork } from './count';
import { measureKernels } from './kernel-times';
import { measureLengths } from './lengths';
import { findOrtFeatures } from './ort-features';
import { measureSpeed, type SpeedPlan, type SpeedResult } from './speed';

type Progress = (line: string) => void;

/** The one of the headline first: where time runs out, the last are left out. */
const BLOCK_SIZES = [16, 4, 1, 32];

/** How long each part may take, in ms; `budget` is for the timed part of one race. */
const SCOPES = {
  quick: { budget: 2_000, leastRounds: 1, stories: 100_000, lengths: 20_000 },
  full: { budget: 10_000, leastRounds: 3, stories: 400_000, lengths: 330_000 },
} as const satisfies Record<BenchScope, object>;
const LARGE = { contexts: [64, 512, 1_024], budget: 10_000, leastRounds: 1, limit: 330_000 };

/** Runs every part of the benchmark, one after the other. Throws what the engine throws. */
export async function runBench({ scope, models }: BenchRequest, tell: Progress): Promise<BenchReport> {
  const start = performance.now();
  const progress: Progress = (line) => tell(`${Math.round((performance.now() - start) / 1000)} s: ${line}`);
  const gpu = await openGpu();
  gpu.device.destroy();
  const { adapter } = gpu;
  progress(`adapter ${adapter}`);
  const limits = SCOPES[scope];
  const stories = await openEndlessModel(models.stories);
  const counters = await countGpuWork(stories);
  progress(`${counters.submits_per_block} submits a block, ${counters.dispatches_per_step} dispatches a step`);
  const ortFeatures = await findOrtFeatures(stories);
  progress(`onnxruntime-web's device: ${ortFeatures.join(' and ') || 'no optional feature'}`);
  const ring = stories.config.contextLength;
  const contexts = [64, ring];
  const { budget, leastRounds } = limits;
  const plan = { contexts, budget, leastRounds, limit: limits.stories, expectedMsPerRow: 0 };
  const speeds = [await speedOf(stories, ortFeatures, plan, progress)];
  const kernels = await measureKernels(stories, gpu, progress);
  const skipped = [`${modelName(stories)}, contexts above ${ring}: its ring is full then, and the work the same`];
  const lengths = await measureLengths(stories, limits.lengths, progress);
  if (models.large !== null) {
    const large = await openEndlessModel(models.large);
    // Its prompt alone would take minutes there.
    if (gpu.software) skipped.push(`kernels of ${modelName(large)}: a software adapter`);
    else kernels.push(...(await measureKernels(large, gpu, progress)));
    const expectedMsPerRow = (speeds[0]!.msPerRow * large.manifest.parameters) / stories.manifest.parameters;
    const plan = { ...LARGE, expectedMsPerRow };
    speeds.push(await speedOf(large, ortFeatures, plan, progress));
  }
  return {
    adapter,
    browser: navigator.userAgent,
    commit: import.meta.env.VITE_COMMIT ?? 'unknown',
    scope,
    cases: speeds.flatMap(({ cases }) => cases),
    counters,
    lengths,
    kernels,
    ort_features: ortFeatures,
    skipped: [...speeds.flatMap((speed) => speed.skipped), ...skipped],
  };
}

async function speedOf(
  source: ModelSource,
  ortFeatures: readonly GPUFeatureName[],
  plan: Omit<SpeedPlan, 'model' | 'blockSizes'>,
  progress: Progress,
): Promise<SpeedResult> {
  const model = modelName(source);
  progress(`loading ${model}`);
  const racers = await openRacers(source, ortFeatures);
  try {
    return await measureSpeed(racers, { ...plan, model, blockSizes: BLOCK_SIZES }, progress);
  } finally {
    await racers.dispose();
  }
}

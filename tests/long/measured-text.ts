/**
 * Loads a model folder onto one backend, lets it write a few tokens by arg-max (or none), and prints what that took as one JSON
 * object, a `MeasuredText`: a process of its own, so that its memory is that of one model on one backend.
 *
 *     node scripts/run.mjs tests/long/measured-text.ts <model-folder> webgpu|wasm|wasm-f32 <block-size> <tokens>
 */

import { generate } from '../../src/engine/generate';
import { openModelFolder } from '../../src/library/model-folder';
import { withContext } from '../../src/model/source/model-source';
import { defaultDevice } from './default-device';
import { type MeasuredBackend, openMeasured } from './measured-backend';

export interface MeasuredText {
  readonly loadSeconds: number;
  /** Resident memory before the load, at most during it, and after it, in MB; on webgpu a software GPU's is in it. */
  readonly baseMegabytes: number;
  readonly peakMegabytes: number;
  readonly loadedMegabytes: number;
  /** From the prompt to the last token. */
  readonly writeSeconds: number;
  readonly passes: number;
  /** Those written after the prompt. */
  readonly ids: readonly number[];
}

const PROMPT_TOKENS = 8;
const CONTEXT = 64;
const MEGA = 1e6;

const [folder, name, size, count] = process.argv.slice(2) as [string, MeasuredBackend, string, string];
const maxTokens = Number(count);
const opened = withContext(await openModelFolder(folder), CONTEXT);
// A random model may well write a stop id.
const source = { ...opened, config: { ...opened.config, stopIds: [] } };
const gpu = name === 'webgpu' ? await defaultDevice() : undefined;

const base = process.memoryUsage().rss;
const loadStart = performance.now();
const backend = await openMeasured(source, name, gpu);
const loadSeconds = (performance.now() - loadStart) / 1000;
const [peak, loaded] = [process.resourceUsage().maxRSS * 1024, process.memoryUsage().rss];

const writeStart = performance.now();
let ids: readonly number[] = [];
let passes = 0;
if (maxTokens > 0) {
  const { vocabSize } = source.config;
  const request = {
    // Spread over the vocabulary: where it is in parts, over each of them.
    promptIds: Array.from({ length: PROMPT_TOKENS }, (_, i) => Math.floor(((i + 0.5) * vocabSize) / PROMPT_TOKENS)),
    blockSize: Number(size),
    maxTokens,
    policy: { name: 'confidence', steps: Math.max(1, Number(size) / 2) } as const,
    sampling: { temperature: 0, topP: 1, seed: 0 },
  };
  for await (const event of generate(backend, request, new AbortController().signal)) {
    if (event.type === 'end') [ids, passes] = [event.ids.slice(PROMPT_TOKENS), event.nfe];
  }
}
const measured: MeasuredText = {
  loadSeconds,
  baseMegabytes: base / MEGA,
  peakMegabytes: peak / MEGA,
  loadedMegabytes: loaded / MEGA,
  writeSeconds: (performance.now() - writeStart) / 1000,
  passes,
  ids,
};
process.stdout.write(`${JSON.stringify(measured)}\n`, () => process.exit(0));

/**
 * Loads a model onto one backend, computes what the tests compare, and prints what that took as one JSON object, a
 * `MeasuredModel`: a process of its own, so that its memory is that of one model on one backend. The logits are too
 * many for that and go into a file.
 *
 *     node scripts/run.mjs tests/long/measured-model.ts <model-folder> webgpu|wasm|wasm-f32 <logits-file>
 */
import { writeFile } from 'node:fs/promises';
import { generate } from '../../src/engine/generate';
import { nelboTerms } from '../../src/engine/likelihood';
import { openModelFolder } from '../../src/library/model-folder';
import type { ModelSource } from '../../src/model/source/model-source';
import { defaultDevice } from './default-device';
import { JavaScriptMemory } from './javascript-memory';
import { type MeasuredBackend, openMeasured } from './measured-backend';
import { BLOCK_SIZE, NEW_TOKENS, NOISED, PROMPT } from './text';

export interface MeasuredModel {
  readonly loadSeconds: number;
  /** Resident memory before the load and at most during it, in MB; on webgpu a software GPU's memory is in it. */
  readonly baseMegabytes: number;
  readonly peakMegabytes: number;
  /** Heap, array buffers and WebAssembly memory: before the load, and at most when a file was asked for or read. */
  readonly javascriptBaseMegabytes: number;
  readonly javascriptPeakMegabytes: number;
  /** Of those, what is left once the load is over and garbage was collected. */
  readonly javascriptLeftMegabytes: number;
  readonly secondsPerToken: number;
  /** The prompt's and those written after it, by arg-max. */
  readonly ids: readonly number[];
  /** NELBO terms of the prompt with every second token masked. */
  readonly nelbo: readonly number[];
}

const [folder, name, logitsFile] = process.argv.slice(2) as [string, MeasuredBackend, string];
const memory = new JavaScriptMemory();
const source = await openModelFolder(folder);
const gpu = name === 'webgpu' ? await defaultDevice() : undefined;

const base = process.memoryUsage().rss;
const javascriptBase = memory.megabytes();
const start = performance.now();
const watched: ModelSource = {
  ...source,
  read: async (path, signal) => memory.watched(() => source.read(path, signal)),
};
const backend = await openMeasured(watched, name, gpu);
const loadSeconds = (performance.now() - start) / 1000;
const peak = process.resourceUsage().maxRSS * 1024;
const left = await memory.afterCollection();

backend.begin(BLOCK_SIZE);
await backend.prefill(PROMPT);
const logits = await backend.logits(NOISED);
await writeFile(logitsFile, new Uint8Array(logits.buffer, logits.byteOffset, logits.byteLength));

const noised = PROMPT.map((id, index) => (index % 2 === 0 ? id : source.config.maskId));
const nelbo = await nelboTerms(backend, { blockSize: BLOCK_SIZE, clean: PROMPT, noised, t: [0.5, 0.5] });

const writeStart = performance.now();
let ids: readonly number[] = [];
const sampling = { temperature: 0, topP: 1, seed: 0 };
const policy = { name: 'confidence', steps: 2 } as const;
const request = { promptIds: PROMPT, blockSize: BLOCK_SIZE, maxTokens: NEW_TOKENS, policy, sampling };
for await (const event of generate(backend, request, new AbortController().signal)) {
  if (event.type === 'end') ids = event.ids;
}
const measured: MeasuredModel = {
  loadSeconds,
  baseMegabytes: base / 1e6,
  peakMegabytes: peak / 1e6,
  javascriptBaseMegabytes: javascriptBase,
  javascriptPeakMegabytes: memory.peakMegabytes,
  javascriptLeftMegabytes: left,
  secondsPerToken: (performance.now() - writeStart) / 1000 / NEW_TOKENS,
  ids,
  nelbo: [...nelbo],
};
process.stdout.write(`${JSON.stringify(measured)}\n`, () => process.exit(0));

/**
 * What a model costs on the CPU: seconds and memory of its load, milliseconds of a pass, and what bytes lose against
 * f32 on the same stored weights.
 *
 *     node scripts/run.mjs bench/cpu.ts <model folder> [--dtypes stored|f32|int8] [--documents <file.jsonl.gz>]
 *
 * Times are CPU time for one thread, which other work on the machine changes less than the clock's; with more threads
 * they are the clock's.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { openWasmBackend, type WasmBackend } from '../src/backends/wasm/wasm-backend';
import { openModelFolder, openTokenizer } from '../src/library/model-folder';
import type { ModelSource } from '../src/model/source/model-source';
import { readWeights } from '../src/model/source/read-weights';
import { isDiffusion } from '../src/network/model-config';
import { type CpuDtypes, cpuDtypes, f32Everywhere, int8Except } from '../src/onnx/cpu-dtypes';
import { cpuRuntime } from '../src/onnx/cpu-runtime';

const GREEDY = { temperature: 0, topP: 1, seed: 1 };
/** Tokens in the cache while passes are timed, and repetitions of which the best counts. */
const [CACHED, REPEATS] = [128, 6];
const [DOCUMENTS, TOKENS_EACH] = [8, 160];

function dtypesOf(name: string, { config, packing }: ModelSource): CpuDtypes {
  if (name === 'f32') return f32Everywhere;
  return name === 'int8' ? int8Except() : cpuDtypes(config.network, packing);
}

async function open(model: ModelSource, dtypes: CpuDtypes): Promise<WasmBackend> {
  const [before, started] = [megabytes(process.memoryUsage().rss), performance.now()];
  const computed = process.cpuUsage().user;
  const opened = await openWasmBackend(model.config, readWeights(model), dtypes);
  const seconds = (performance.now() - started) / 1000;
  const runtime = await cpuRuntime();
  console.log(
    `${opened.adapter}: loaded in ${seconds.toFixed(1)} s (${((process.cpuUsage().user - computed) / 1e6).toFixed(1)} of the CPU), runtime ${megabytes(runtime.memoryBytes)} MB, ` +
      `process ${before} to ${megabytes(process.memoryUsage().rss)} MB`,
  );
  return opened;
}

async function timePasses(on: WasmBackend): Promise<void> {
  const { vocabSize } = on.config;
  const ids = Array.from({ length: CACHED + 32 }, (_, i) => (i * 7919 + 13) % (vocabSize - 1));
  for (const rows of [32, 16, 8, 4, 2, 1]) {
    const block = ids.slice(CACHED, CACHED + rows);
    on.begin(rows);
    await on.prefill(ids.slice(0, CACHED));
    const step = await best(() =>
      on.denoiseStep({ ids: block, positions: [...block.keys()], sampling: GREEDY, pass: 0 }),
    );
    const commit = await best(() => on.commitBlock(block));
    console.log(`${rows} rows: ${commit.toFixed(1)} ms, with head and draws of all ${step.toFixed(1)} ms`);
  }
}

async function best(run: () => Promise<unknown>): Promise<number> {
  const { threads } = await cpuRuntime();
  const now = () => (threads === 1 ? process.cpuUsage().user / 1000 : performance.now());
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < REPEATS; i++) {
    const started = now();
    await run();
    least = Math.min(least, now() - started);
  }
  return least;
}

/**
 * Nats a token, and the divergence of the two distributions: of each token after those before it, or for a diffusion
 * model of every second token of a block, masked, after clean blocks and among the block's others.
 */
async function compare(on: WasmBackend, model: ModelSource, file: string): Promise<void> {
  const tokenizer = (await openTokenizer(model))!;
  const exact = await openWasmBackend(model.config, readWeights(model), f32Everywhere);
  const lines = gunzipSync(readFileSync(file)).toString().trim().split('\n');
  const [mine, theirs] = [new Score(), new Score()];
  for (let document = 0; document < DOCUMENTS; document++) {
    const { text } = JSON.parse(lines[Math.floor((document * lines.length) / DOCUMENTS)]!) as { text: string };
    const ids = tokenizer.encode(text).slice(0, TOKENS_EACH);
    const [logits, reference] = [await logitsOf(on, ids), await logitsOf(exact, ids)];
    const scored = [...ids.keys()].filter((row) => (isDiffusion(model.config) ? row % 2 === 1 : row > 0));
    mine.add(ids, scored, logits, reference);
    theirs.add(ids, scored, reference, reference);
  }
  console.log(
    `nats a token ${mine.nats} (f32 ${theirs.nats}), divergence ${mine.divergence}, of ${mine.tokens} tokens`,
  );
}

async function logitsOf(on: WasmBackend, ids: readonly number[]): Promise<Float32Array> {
  const { maskId, vocabSize, defaultBlockSize } = on.config;
  const blockSize = isDiffusion(on.config) ? defaultBlockSize : 1;
  on.begin(blockSize);
  if (!isDiffusion(on.config)) return on.logits(ids);
  const all = new Float32Array(ids.length * vocabSize);
  for (let from = 0; from + blockSize <= ids.length; from += blockSize) {
    const block = ids.slice(from, from + blockSize);
    all.set(await on.logits(block.map((id, row) => ((from + row) % 2 === 1 ? maskId : id))), from * vocabSize);
    await on.commitBlock(block);
  }
  return all;
}

class Score {
  tokens = 0;
  #loss = 0;
  #divergence = 0;

  add(ids: readonly number[], scored: readonly number[], logits: Float32Array, reference: Float32Array): void {
    const vocabulary = logits.length / ids.length;
    for (const row of scored) {
      const [p, q] = [reference, logits].map((all) =>
        logProbabilities(all.subarray(row * vocabulary).subarray(0, vocabulary)),
      );
      this.#loss -= q![ids[row]!]!;
      for (let id = 0; id < vocabulary; id++) this.#divergence += Math.exp(p![id]!) * (p![id]! - q![id]!);
      this.tokens++;
    }
  }

  get nats(): string {
    return (this.#loss / this.tokens).toFixed(4);
  }

  get divergence(): string {
    return (this.#divergence / this.tokens).toFixed(5);
  }
}

function logProbabilities(logits: Float32Array): Float64Array {
  const peak = logits.reduce((a, b) => Math.max(a, b));
  const total = logits.reduce((sum, logit) => sum + Math.exp(logit - peak), 0);
  return Float64Array.from(logits, (logit) => logit - peak - Math.log(total));
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { dtypes: { type: 'string', default: 'stored' }, documents: { type: 'string' } },
});
const source = await openModelFolder(positionals[0]!);
const backend = await open(source, dtypesOf(values.dtypes, source));
await timePasses(backend);
if (values.documents) await compare(backend, source, values.documents);
process.exit(0);

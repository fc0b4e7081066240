import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backend, BlockStep, BlocksRequest, Draw, WindowPass } from '../../src/backends/backend';
import { RecoveringBackend } from '../../src/backends/recovering-backend';
import { type SpeculativeVerbs, writeSpeculatively } from '../../src/backends/speculative-loop';
import { openWasmBackend } from '../../src/backends/wasm/wasm-backend';
import { createWebgpuBackend } from '../../src/backends/webgpu/webgpu-backend';
import { generate } from '../../src/engine/generate';
import type { GenerationEvent, GenerationRequest } from '../../src/engine/generation';
import { findAdapter, type Gpu, openDevice } from '../../src/gpu/device';
import { nodeGpu } from '../../src/library/node-gpu';
import { readWeights } from '../../src/model/source/read-weights';
import { describeModel } from '../../src/network/families';
import { cpuDtypes } from '../../src/onnx/cpu-dtypes';
import { NO_FACTS } from '../engine/small-model';
import { testGpu } from '../gpu';
import { packed, randomModel } from '../random-model';

const never = new AbortController().signal;

async function all<T>(some: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const each of some) found.push(each);
  return found;
}

/** A network of lots over four ids and a mask: what it predicts depends on all that a row may see. */
const MASK = 4;
const VOCAB = 5;

/** Logits [VOCAB] that belong to some ids. */
function lots(seen: readonly number[]): Float32Array {
  return Float32Array.from({ length: VOCAB }, (_, id) => {
    const mixed = [...seen, id].reduce((hash, each) => Math.imul(hash ^ (each + 1), 0x9e3779b1) >>> 0, 7);
    return ((Math.imul(mixed ^ (mixed >>> 15), 0x85ebca6b) >>> 8) / 2 ** 24) * 4;
  });
}

class LotVerbs implements SpeculativeVerbs {
  readonly config: Backend['config'];
  readonly text: number[];
  passes = 0;
  #clean: readonly number[] = [];

  constructor(config: Backend['config'], text: readonly number[]) {
    this.config = config;
    this.text = [...text];
  }

  get position(): number {
    return this.text.length;
  }

  denoiseStep(): Promise<Draw[]> {
    throw new Error('the first token is given');
  }

  async rowLogits(ids: readonly number[], kind: WindowPass): Promise<Float32Array> {
    this.passes++;
    if (kind !== 'noised') this.#clean = ids;
    const rows = ids.map((_, row) => lots([...this.text, ...(kind === 'noised' ? ids : ids.slice(0, row + 1))]));
    return Float32Array.from(rows.flatMap((row) => [...row]));
  }

  async draftLogits(row: number): Promise<Float32Array> {
    const seen = [...this.text, ...this.#clean.slice(0, row + 1)];
    const rows = this.#clean.slice(1).map((_, mask) => lots([...seen, MASK, mask]));
    return Float32Array.from(rows.flatMap((each) => [...each]));
  }

  keep(count: number): void {
    this.text.push(...this.#clean.slice(0, count));
  }
}

const SHAPE = {
  model_type: 'llama',
  vocab_size: 61,
  hidden_size: 40,
  intermediate_size: 36,
  num_hidden_layers: 2,
  num_attention_heads: 6,
  num_key_value_heads: 2,
  head_dim: 10,
  max_position_embeddings: 34,
  rms_norm_eps: 1e-5,
};
const DIFFUSION = { block_size: 4, block_sizes: [1, 4, 8], clean_attention: 'causal', predicts: 'next' };

function configOf(vocabSize: number) {
  const diffusion = { ...DIFFUSION, mask_token_id: vocabSize - 1 };
  const config = { ...SHAPE, vocab_size: vocabSize, block_diffusion: diffusion };
  return describeModel(config, { ...NO_FACTS, tiedHead: true });
}

const lotConfig = configOf(VOCAB);
const firstOf = (size: number, ...known: number[]) => Array.from({ length: size }, (_, place) => known[place] ?? MASK);

async function stepsOf(verbs: SpeculativeVerbs, change: Partial<BlocksRequest>): Promise<BlockStep[]> {
  const sampling = { temperature: 1, topP: 1, seed: 1 };
  const request = { first: firstOf(4, 2), blocks: 1, policy: { name: 'speculative' }, sampling, nfe: 1 } as const;
  return all(writeSpeculatively(verbs, { ...request, ...change }, never));
}

/** The ids of a run by their places; −1 where it revealed nothing. */
function idsOf(first: readonly number[], steps: readonly BlockStep[]): number[] {
  const ids = first.map((id) => (id === MASK ? -1 : id));
  for (let block = 0, at = 0; at < steps.length; at++) {
    for (const { position, id } of steps[at]!.reveal) ids[block * first.length + position] = id;
    if (ids.slice(block * first.length).every((id) => id !== -1) && at < steps.length - 1) {
      block++;
      ids.push(...first.map(() => -1));
    }
  }
  return ids;
}

describe('the rule', () => {
  it.each([
    { temperature: 1, topP: 1 },
    { temperature: 0.7, topP: 1 },
    { temperature: 1, topP: 0.8 },
  ])('writes as block size 1 does, at %j', async ({ temperature, topP }) => {
    const texts = 6000;
    const counts = new Map<string, number>();
    let passes = 0;
    for (let text = 0; text < texts; text++) {
      // Scattered: the numbers of seeds in sequence are not quite independent.
      const seed = Math.imul(text + 77777, 40503) >>> 0;
      const verbs = new LotVerbs(lotConfig, [1]);
      const steps = await stepsOf(verbs, { sampling: { temperature, topP, seed } });
      const written = idsOf(firstOf(4, 2), steps).join(' ');
      counts.set(written, (counts.get(written) ?? 0) + 1);
      passes += verbs.passes;
    }
    // Summed over all texts of three tokens, |share − probability| of exact samples is expected to be 0.8 of this noise.
    let difference = 0;
    let noise = 0;
    for (let text = 0; text < 4 ** 3; text++) {
      const ids = [2, text % 4, (text >> 2) % 4, text >> 4];
      const probability = [1, 2, 3].reduce((product, place) => {
        return product * probabilityOf(ids[place]!, lots([1, ...ids.slice(0, place)]), temperature, topP);
      }, 1);
      difference += Math.abs((counts.get(ids.join(' ')) ?? 0) / texts - probability);
      noise += Math.sqrt((probability * (1 - probability)) / texts);
    }
    expect(difference).toBeLessThan(noise);
    // Of three tokens; a pass each, and the first draft's.
    expect(passes / texts).toBeLessThan(4);
  });

  it('keeps what was given, and ends with a block in which the text ended', async () => {
    const first = [2, MASK, 3, MASK];
    const stops = { ...lotConfig, stopIds: [0] };
    for (let seed = 0; seed < 50; seed++) {
      const sampling = { temperature: 1, topP: 1, seed };
      const ids = idsOf(first, await stepsOf(new LotVerbs(stops, [1]), { first, blocks: 5, sampling }));
      expect(ids[2]).toBe(3);
      expect(ids.length % 4).toBe(0);
      expect(ids).not.toContain(-1);
      const stop = ids.indexOf(0);
      if (stop === -1) expect(ids).toHaveLength(20);
      else expect(ids.slice(stop).filter((id, place) => stop + place !== 2 && id !== 0)).toEqual([]);
    }
  });

  it('tells of the proposals that were not kept as guesses, and is the same text', async () => {
    const plain = await stepsOf(new LotVerbs(lotConfig, [1]), { blocks: 4 });
    const told = await stepsOf(new LotVerbs(lotConfig, [1]), { blocks: 4, report: 'guesses' });
    expect(told.map(({ reveal, nfe }) => ({ reveal, nfe }))).toEqual(plain.map(({ reveal, nfe }) => ({ reveal, nfe })));
    const guesses = told.flatMap((step) => step.guesses ?? []);
    expect(guesses.length).toBeGreaterThan(4);
    for (const { drawn, probability } of guesses) expect(drawn).toBeLessThanOrEqual(probability);
  });
});

/** Of an id in the nucleus of softmax(logits / temperature), the mask having no part in it. */
function probabilityOf(id: number, logits: Float32Array, temperature: number, topP: number): number {
  const weights = [...logits.subarray(0, MASK)].map((logit) => Math.exp(logit / temperature));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const order = [...weights.keys()].toSorted((a, b) => weights[b]! - weights[a]!);
  let held = 0;
  const kept = order.filter((each, rank) => {
    held += weights[each]! / total;
    return rank === 0 || held <= topP;
  });
  return kept.includes(id) ? weights[id]! / kept.reduce((sum, each) => sum + weights[each]!, 0) : 0;
}

const config = configOf(SHAPE.vocab_size);
const source = randomModel(config, packed('f32'), 3);
const REQUEST: GenerationRequest = {
  promptIds: [5, 17, 3, 44, 41, 9],
  blockSize: 4,
  maxTokens: 24,
  policy: { name: 'speculative' },
  sampling: { temperature: 0, topP: 1, seed: 7 },
};

async function eventsOf(backend: Backend, request: GenerationRequest): Promise<GenerationEvent[]> {
  return all(generate(backend, request, never));
}
const textOf = (events: readonly GenerationEvent[]) =>
  events.flatMap((event) => (event.type === 'end' ? event.ids : []));

/** The largest difference of two answers. */
function differ(one: Float32Array, other: Float32Array): number {
  expect(one).toHaveLength(other.length);
  return one.reduce((most, value, index) => Math.max(most, Math.abs(value - other[index]!)), 0);
}

const BACKENDS: readonly (readonly [name: string, open: () => Promise<Backend>])[] = [
  ['webgpu', async () => createWebgpuBackend(source, await testGpu())],
  ['wasm', () => openWasmBackend(config, readWeights(source), cpuDtypes(config.network, source.packing))],
];

describe.each(BACKENDS)('%s', (_, open) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await open();
  });
  afterAll(() => backend.dispose());

  it.each([4, 8])('at temperature 0 blocks of %i have the text of block size 1', async (blockSize) => {
    // No window reaches past the end of the ring, where it would evict what block size 1 still sees.
    const request = { ...REQUEST, maxTokens: 18 };
    const single = await eventsOf(backend, { ...request, blockSize: 1, policy: { name: 'first-hitting' } });
    expect(textOf(await eventsOf(backend, { ...request, blockSize }))).toEqual(textOf(single));
  });

  it('block size 1 drafts nothing, and takes a pass for each token', async () => {
    const events = await eventsOf(backend, { ...REQUEST, blockSize: 1 });
    const end = events.at(-1)!;
    // The prompt's pass gives the first token.
    expect(end).toMatchObject({ type: 'end', nfe: REQUEST.maxTokens });
  });

  it('a window takes a pass while its drafts fit into the ring, then two', async () => {
    const events = await eventsOf(backend, { ...REQUEST, sampling: { temperature: 1, topP: 0.9, seed: 3 } });
    const steps = events.filter((event) => event.type === 'step');
    // Of six ids four are in the cache by a first pass. A window begins with the last known id, which is not.
    let [known, start] = [6, 4];
    let nfe = 1;
    let hasDraft = false;
    const passes = new Set<number>();
    for (const [index, step] of steps.entries()) {
      if (step.nfe !== nfe) {
        passes.add(step.nfe - nfe);
        expect(step.nfe - nfe).toBe(hasDraft ? 1 : 2);
        hasDraft = start + 16 <= 32;
      } else expect(step.block).toBe(steps[index - 1]!.block + 1);
      nfe = step.nfe;
      known += step.reveal.length;
      start = known - 1;
      const places = step.reveal.map(({ position }) => position);
      expect(places).toEqual(places.map((_, at) => places[0]! + at));
    }
    expect(passes).toEqual(new Set([1, 2]));
  });

  it.each([
    { window: 4, blockSize: 4 },
    { window: 3, blockSize: 8 },
    { window: 2, blockSize: 4 },
  ])('drafts as a noised pass after each row of a window of $window would', async ({ window, blockSize }) => {
    const prompt = [5, 17, 3, 44, 41, 9, 50, 2];
    const ids = [13, 7, 22, 31].slice(0, window);
    const other = await open();
    backend.begin(blockSize);
    await backend.prefill(prompt);
    const judged = await backend.rowLogits(ids, 'drafting');
    // A draft may take the slots of the rows after its own.
    for (const row of [...ids.keys()].reverse()) {
      other.begin(blockSize);
      await other.prefill(prompt);
      expect(differ(await other.rowLogits(ids, 'clean'), judged)).toBeLessThan(1e-5);
      other.keep(row + 1);
      const masks = Array<number>(window - 1).fill(config.maskId);
      expect(differ(await other.rowLogits(masks, 'noised'), await backend.draftLogits(row))).toBeLessThan(1e-5);
    }
    backend.keep(2);
    await expect(backend.draftLogits(0)).rejects.toThrow('right after a drafting pass');
    other.dispose();
  });

  it('refuses a window that no block holds, and drafts without free slots', async () => {
    backend.begin(4);
    await backend.prefill(Array<number>(20).fill(3));
    await expect(backend.rowLogits([1, 2, 3, 4, 5], 'clean')).rejects.toMatchObject({ code: 'bad-input' });
    await expect(backend.rowLogits([1, 2, 3, 4], 'drafting')).rejects.toMatchObject({ code: 'bad-input' });
    await expect(backend.rowLogits([1, 2, 3], 'drafting')).resolves.toHaveLength(3 * config.vocabSize);
  });

  it('a text goes on past the ring, and another after it', async () => {
    const request = { ...REQUEST, maxTokens: 50, sampling: { temperature: 1, topP: 0.9, seed: 5 } };
    const events = await eventsOf(backend, request);
    expect(textOf(events)).toHaveLength(56);
    const [after] = [textOf(await eventsOf(backend, { ...REQUEST, promptIds: textOf(events).slice(0, 21) }))];
    const fresh = await open();
    expect(textOf(await eventsOf(fresh, { ...REQUEST, promptIds: textOf(events).slice(0, 21) }))).toEqual(after);
    fresh.dispose();
  });
});

it('both backends write the same text, past the ring too', async () => {
  const request = { ...REQUEST, maxTokens: 60, sampling: { temperature: 1, topP: 0.9, seed: 11 } };
  const texts: number[][] = [];
  for (const open of BACKENDS.map(([, open]) => open)) {
    const backend = await open();
    texts.push(textOf(await eventsOf(backend, request)));
    backend.dispose();
  }
  expect(texts[0]).toHaveLength(66);
  expect(texts[0]).toEqual(texts[1]);
});

it('a text is the same where the device was lost', async () => {
  let gpu: Gpu | undefined;
  const open = async () => {
    gpu = await openDevice(await findAdapter(await nodeGpu()));
    return createWebgpuBackend(source, gpu);
  };
  const backend = new RecoveringBackend(await open(), { open });
  const request = { ...REQUEST, sampling: { temperature: 1, topP: 0.9, seed: 5 } };
  const expected = await eventsOf(backend, request);
  const events: GenerationEvent[] = [];
  for await (const event of generate(backend, request, never)) {
    events.push(event);
    if (events.length === 9) gpu?.device.destroy();
  }
  expect(events).toEqual(expected);
  backend.dispose();
});

it('a model whose finished blocks see all of themselves is refused', async () => {
  const other = describeModel(
    { ...SHAPE, block_diffusion: { ...DIFFUSION, mask_token_id: 60, clean_attention: 'block' } },
    { ...NO_FACTS, tiedHead: true },
  );
  const backend = await openWasmBackend(
    other,
    readWeights(randomModel(other, packed('f32'), 3)),
    cpuDtypes(other.network, source.packing),
  );
  await expect(eventsOf(backend, REQUEST)).rejects.toMatchObject({ code: 'bad-input' });
  // By the backend too, whoever asks it.
  backend.begin(4);
  await backend.prefill([1, 2, 3, 5]);
  const run = { ...REQUEST, first: [60, 60, 60, 60], blocks: 1, nfe: 1 };
  expect(() => backend.writeBlocks(run, never)).toThrow('Choose another policy');
  backend.dispose();
});

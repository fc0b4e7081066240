import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Backend,
  type BlockStep,
  type BlocksRequest,
  type DraftStep,
  type Draw,
  LIKELIEST,
  type VerifiedDraft,
} from '../../src/backends/backend';
import { DraftTree } from '../../src/backends/draft-tree';
import { RecoveringBackend } from '../../src/backends/recovering-backend';
import { sample } from '../../src/backends/sample';
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
  /** Passes in which a second candidate was drawn. */
  seconds = 0;

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

  async verifyDraft(step: DraftStep): Promise<VerifiedDraft> {
    this.passes++;
    const { ids, settled, masks, sampling, pass } = step;
    const tree = new DraftTree({ ...step, masks: 0 }, MASK);
    const textOf = (row: number) => {
      const seen = tree.rows.filter((_, other) => (tree.rows[row]!.seen >>> other) & 1);
      return [...this.text, ...seen.map(({ id }) => id)];
    };
    const drawn = tree.predicting.map((row) => {
      const place = tree.rows[row]!.place + 1;
      const draw = { maskId: MASK, pass: pass + place - settled, position: this.position + place };
      return sample(lots(textOf(row)), sampling, draw);
    });
    const { draws, row, stored } = tree.verdict(drawn);
    if (stored < settled + draws.length - 1) this.seconds++;
    const known = textOf(row);
    this.text.push(...ids.slice(0, stored));
    const likeliest = (mask: number) =>
      sample(lots([...known, MASK, mask]), LIKELIEST, { maskId: MASK, pass: 0, position: 0 });
    return { draws, stored: ids.slice(0, stored), draft: Array.from({ length: masks }, (_, mask) => likeliest(mask)) };
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
  max_position_embeddings: 98,
  rms_norm_eps: 1e-5,
};
const DIFFUSION = {
  block_size: 4,
  block_sizes: [1, 4, 8],
  clean_attention: 'causal',
  predicts: 'next',
  presence_penalty: 1,
};

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
    { temperature: 0, topP: 1 },
  ])(
    'draws each place once, with the number of the pass that draws it at block size 1, at %j',
    async ({ temperature, topP }) => {
      let [passes, seconds] = [0, 0];
      for (let seed = 0; seed < 50; seed++) {
        const sampling = { temperature, topP, seed };
        const expected = [1, 2];
        for (let place = 0; place < 11; place++) {
          const draw = { maskId: MASK, pass: 4 + place, position: expected.length };
          expected.push(sample(lots(expected), sampling, draw).id);
        }
        const verbs = new LotVerbs(lotConfig, [1]);
        const steps = await stepsOf(verbs, { blocks: 3, sampling, nfe: 5 });
        expect(idsOf(firstOf(4, 2), steps)).toEqual(expected.slice(1));
        passes += verbs.passes;
        seconds += verbs.seconds;
      }
      // At temperature 0 all seeds have one text, and it takes none.
      if (temperature > 0) expect(seconds).toBeGreaterThan(10);
      // Some drafts are kept, and not all.
      expect(passes / 50).toBeGreaterThan(4);
      expect(passes / 50).toBeLessThan(10);
    },
  );

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

  it('tells of its drafts as guesses, and is the same text', async () => {
    const plain = await stepsOf(new LotVerbs(lotConfig, [1]), { blocks: 4 });
    const told = await stepsOf(new LotVerbs(lotConfig, [1]), { blocks: 4, report: 'guesses' });
    expect(told.map(({ reveal, nfe }) => ({ reveal, nfe }))).toEqual(plain.map(({ reveal, nfe }) => ({ reveal, nfe })));
    const guesses = told.flatMap((step) => step.guesses ?? []);
    expect(guesses.length).toBeGreaterThan(4);
    // Nothing judged them yet.
    for (const { drawn } of guesses) expect(drawn).toBeNull();
  });
});

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

  it.each([
    { blockSize: 4, temperature: 0, topP: 1 },
    { blockSize: 8, temperature: 0, topP: 1 },
    { blockSize: 4, temperature: 1, topP: 1 },
    { blockSize: 4, temperature: 0.8, topP: 0.9 },
    { blockSize: 8, temperature: 0.8, topP: 0.9 },
  ])('has the text of block size 1, at %j', async ({ blockSize, temperature, topP }) => {
    for (const seed of [1, 2, 3]) {
      const sampling = { temperature, topP, seed };
      const single = { ...REQUEST, sampling, blockSize: 1, policy: { name: 'first-hitting' } } as const;
      const drafted = await eventsOf(backend, { ...REQUEST, sampling, blockSize });
      expect(textOf(drafted)).toEqual(textOf(await eventsOf(backend, single)));
    }
  });

  it('block size 1 drafts nothing, and takes a pass for each token', async () => {
    const events = await eventsOf(backend, { ...REQUEST, blockSize: 1 });
    const end = events.at(-1)!;
    // The prompt's pass gives the first token.
    expect(end).toMatchObject({ type: 'end', nfe: REQUEST.maxTokens });
  });

  it('every token takes a pass at most, and some drafts are kept', async () => {
    const events = await eventsOf(backend, REQUEST);
    const steps = events.filter((event) => event.type === 'step');
    let nfe = 1;
    for (const [index, step] of steps.entries()) {
      if (step.nfe === nfe) expect(step.block).toBe(steps[index - 1]!.block + 1);
      else expect(step.nfe).toBe(nfe + 1);
      nfe = step.nfe;
      const places = step.reveal.map(({ position }) => position);
      expect(places).toEqual(places.map((_, at) => places[0]! + at));
    }
    expect(steps.some(({ reveal }) => reveal.length > 1)).toBe(true);
  });

  it.each([
    { window: 4, masks: 3 },
    { window: 3, masks: 2 },
    { window: 1, masks: 3 },
    { window: 2, masks: 4 },
  ])('after each id of a window of $window drafts as a noised block of $masks would', async ({ window, masks }) => {
    const ids = [13, 7, 22, 31].slice(0, window);
    const other = await open();
    // A draw that is sure to be another one breaks the window off.
    for (const settled of ids.map((_, row) => row + 1)) {
      // Whole blocks of the other backend.
      const prompt = [5, 17, 3, 44, 41, 9, 50, 2].slice((8 + settled) % masks);
      const plain = { seconds: [], masks, sampling: LIKELIEST, pass: 0 };
      backend.begin(8);
      await backend.verifyDraft({ ...plain, ids: prompt, settled: prompt.length, masks: 0 });
      const unlikely = settled < window ? [...ids.slice(0, settled), config.maskId, ...ids.slice(settled + 1)] : ids;
      const verified = await backend.verifyDraft({ ...plain, ids: unlikely, settled });
      expect(verified.draws).toHaveLength(1);
      expect(backend.position).toBe(prompt.length + settled);
      const text = [...prompt, ...ids.slice(0, settled)];
      other.begin(masks);
      await other.prefill(text);
      const block = Array<number>(masks).fill(config.maskId);
      const positions = [...block.keys()];
      const [first, ...rest] = await other.denoiseStep({ ids: block, positions, sampling: LIKELIEST, pass: 0 });
      expect(verified.draws[0]!.id).toBe(first!.id);
      expect(verified.draft).toHaveLength(masks);
      for (const [mask, draw] of rest.entries()) {
        expect(verified.draft[mask]!.id).toBe(draw.id);
        expect(Math.abs(verified.draft[mask]!.probability - draw.probability)).toBeLessThan(1e-5);
        expect(Math.abs(verified.draft[mask]!.entropy - draw.entropy)).toBeLessThan(1e-4);
      }
    }
    other.dispose();
  });

  it('a second candidate that is drawn is as good as the draft', async () => {
    const prompt = [5, 17, 3, 44];
    const plain = { seconds: [], masks: 3, sampling: LIKELIEST, pass: 0 };
    const begin = async () => {
      backend.begin(4);
      await backend.prefill(prompt);
    };
    await begin();
    const [drawn] = (await backend.verifyDraft({ ...plain, ids: [9], settled: 1 })).draws;
    const wrong = (drawn!.id + 1) % config.maskId;
    await begin();
    const followed = await backend.verifyDraft({ ...plain, ids: [9, drawn!.id, wrong], settled: 1 });
    expect(followed).toMatchObject({ stored: [9, drawn!.id], draws: { length: 2 } });
    await begin();
    const second = await backend.verifyDraft({ ...plain, ids: [9, wrong, 7, 8], settled: 1, seconds: [drawn!.id] });
    expect(second.draws).toHaveLength(2);
    expect(second.stored[0]).toBe(9);
    expect(second.stored.slice(1)).toEqual(backend.name === 'wasm' ? [drawn!.id] : []);
    expect(backend.position).toBe(prompt.length + second.stored.length);
    await begin();
    const later = await backend.verifyDraft({
      ...plain,
      ids: [9, drawn!.id, wrong],
      settled: 1,
      seconds: [wrong, followed.draws[1]!.id],
    });
    expect(later.draws.map(({ id }) => id).slice(0, 2)).toEqual(followed.draws.map(({ id }) => id));
    expect(later.draws).toHaveLength(3);
    expect(later.stored.slice(0, 2)).toEqual([9, drawn!.id]);
    for (const [one, other] of [
      [second.draws, followed.draws],
      [second.draft, followed.draft],
    ] as const) {
      expect(one.map(({ id }) => id)).toEqual(other.map(({ id }) => id));
      for (const [at, { probability }] of one.entries()) {
        expect(Math.abs(probability - other[at]!.probability)).toBeLessThan(1e-5);
      }
    }
  });

  it('refuses a tree of too many rows, nothing settled, and drafts without free slots', async () => {
    const step = { ids: [1, 2], settled: 1, seconds: [3], masks: 3, sampling: LIKELIEST, pass: 0 };
    backend.begin(4);
    const ids = Array<number>(28).fill(3);
    for (const settled of [28, 28, 28]) await backend.verifyDraft({ ...step, ids, settled, seconds: [], masks: 0 });
    await expect(backend.verifyDraft({ ...step, ids: [1, 2, 3, 4, 5, 6, 7] })).rejects.toMatchObject({
      code: 'bad-input',
    });
    await expect(backend.verifyDraft({ ...step, settled: 0 })).rejects.toMatchObject({ code: 'internal' });
    await expect(backend.verifyDraft({ ...step, ids: [1, 2, 3] })).rejects.toMatchObject({ code: 'bad-input' });
    await expect(backend.verifyDraft(step)).resolves.toMatchObject({ draft: { length: 3 } });
  });

  it('a text goes on past the ring, and another after it', async () => {
    const request = { ...REQUEST, maxTokens: 114, sampling: { temperature: 1, topP: 0.9, seed: 5 } };
    const events = await eventsOf(backend, request);
    expect(textOf(events)).toHaveLength(120);
    const [after] = [textOf(await eventsOf(backend, { ...REQUEST, promptIds: textOf(events).slice(0, 21) }))];
    const fresh = await open();
    expect(textOf(await eventsOf(fresh, { ...REQUEST, promptIds: textOf(events).slice(0, 21) }))).toEqual(after);
    fresh.dispose();
  });
});

it('both backends write the same text, past the ring too', async () => {
  const request = { ...REQUEST, maxTokens: 114, sampling: { temperature: 1, topP: 0.9, seed: 11 } };
  const texts: number[][] = [];
  for (const open of BACKENDS.map(([, open]) => open)) {
    const backend = await open();
    texts.push(textOf(await eventsOf(backend, request)));
    backend.dispose();
  }
  expect(texts[0]).toHaveLength(120);
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

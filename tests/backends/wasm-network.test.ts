import { describe, expect, it, vi } from 'vitest';
import type { BlockStep, BlocksRequest } from '../../src/backends/backend';
import { writeBlocksByVerbs } from '../../src/backends/block-loop';
import { openWasmBackend, type WasmBackend } from '../../src/backends/wasm/wasm-backend';
import { UnmaskError } from '../../src/errors';
import type { WeightDtype } from '../../src/model/format/packing';
import { readWeights } from '../../src/model/source/read-weights';
import { describeModel } from '../../src/network/families';
import type { ModelConfig } from '../../src/network/model-config';
import { type CpuDtypes, cpuDtypes, f32Everywhere, int8Except } from '../../src/onnx/cpu-dtypes';
import { CpuRuntime, cpuRuntime } from '../../src/onnx/cpu-runtime';
import { NO_FACTS } from '../engine/small-model';
import { modelOf, packed, randomModel } from '../random-model';
import { CpuBackend } from '../reference/cpu-backend';
import { folderWeights } from '../reference/folder-weights';
import { randomWeights } from '../reference/random-weights';
import { largestDifference } from './difference';

/** Two ways of ours through the same numbers. */
const TOLERANCE = 1e-4;

/** Llama-shaped: `change` is of its config.json. */
function llama(change: object, diffusion: object | null = null): ModelConfig {
  const config = {
    model_type: 'llama',
    vocab_size: 61,
    hidden_size: 40,
    intermediate_size: 36,
    num_hidden_layers: 2,
    num_attention_heads: 6,
    num_key_value_heads: 2,
    head_dim: 10,
    max_position_embeddings: 26,
    rms_norm_eps: 1e-5,
    ...change,
    ...(diffusion && {
      block_diffusion: { mask_token_id: 60, block_size: 4, block_sizes: [1, 3, 4, 8], ...diffusion },
    }),
  };
  // A grid that ends with the prompt, so that a first block may be short.
  return { ...describeModel(config, { ...NO_FACTS, tiedHead: true }), grid: 'prompt' };
}

async function both(config: ModelConfig, dtype: WeightDtype = 'f32', dtypes: CpuDtypes = f32Everywhere) {
  // Files so small that the embedding comes in parts.
  const source = randomModel(config, packed(dtype), 3, 4096);
  const backend = await openWasmBackend(config, readWeights(source), dtypes);
  return { backend, plain: new CpuBackend(config, await folderWeights(source)) };
}

const idsFrom = (start: number, count: number) => Array.from({ length: count }, (_, i) => ((start + i) * 17) % 59);

async function expectSame(backend: WasmBackend, plain: CpuBackend, ids: readonly number[], tolerance = TOLERANCE) {
  const [logits, expected] = [await backend.logits(ids), await plain.logits(ids)];
  const known = (all: Float32Array) => (Number.isNaN(expected[0]!) ? all.subarray(backend.config.vocabSize) : all);
  expect(logits[0]).toEqual(Number.isNaN(expected[0]!) ? Number.NaN : expect.any(Number));
  expect(largestDifference(known(logits), known(expected))).toBeLessThan(tolerance);
}

describe('networks against plain loops', () => {
  it.each<[string, ModelConfig]>([
    ['causal clean rows that predict the next token', llama({}, { clean_attention: 'causal', predicts: 'next' })],
    ['clean blocks that see themselves, next token', llama({}, { clean_attention: 'block', predicts: 'next' })],
    ['clean blocks that see themselves, own token', llama({}, { clean_attention: 'block', predicts: 'own' })],
    ['causal clean rows, own token', llama({}, { clean_attention: 'causal', predicts: 'own' })],
    ['one key head for all', llama({ num_key_value_heads: 1 }, {})],
    ['a key head each, biases', llama({ num_key_value_heads: 6, attention_bias: true, mlp_bias: true }, {})],
  ])('%s', async (_, config) => {
    const { backend, plain } = await both(config);
    // A short first block, then blocks up to past the ring's end, whose 24 slots the blocks do not divide evenly.
    const prompt = idsFrom(1, 11);
    for (const each of [backend, plain]) {
      each.begin(4, prompt);
      await each.prefill(prompt.slice(0, 3));
      await each.prefill(prompt.slice(3));
    }
    for (let block = 0; block < 6; block++) {
      await expectSame(backend, plain, [7, 60, 60, 8]);
      for (const each of [backend, plain]) await each.commitBlock(idsFrom(50 + block, 4));
    }
    expect(backend.position).toBe(35);
    // Several clean blocks on an empty cache, and a text that is shorter than a block.
    for (const each of [backend, plain]) each.begin(8);
    await expectSame(backend, plain, idsFrom(5, 24));
    await expectSame(backend, plain, idsFrom(5, 5));
    backend.dispose();
  });

  it.each<[WeightDtype]>([['f16'], ['q8'], ['q4']])('weights stored as %s', async (dtype) => {
    const { backend, plain } = await both(llama({}, {}), dtype);
    for (const each of [backend, plain]) each.begin(4);
    await expectSame(backend, plain, idsFrom(2, 24));
    backend.dispose();
  });

  it('multiplied as bytes, logits stay near and a row does not depend on the others of its pass', async () => {
    const { backend, plain } = await both(llama({ hidden_size: 96, intermediate_size: 100 }, {}), 'q8', int8Except());
    for (const each of [backend, plain]) each.begin(4);
    await expectSame(backend, plain, idsFrom(2, 24), 0.1);
    const together = await backend.logits(idsFrom(2, 8));
    backend.begin(4);
    await backend.commitBlock(idsFrom(2, 4));
    const { vocabSize } = backend.config;
    const after = await backend.logits(idsFrom(6, 4));
    expect(largestDifference(after.subarray(0, vocabSize), together.subarray(4 * vocabSize, 5 * vocabSize))).toBe(0);
    backend.dispose();
  });
});

describe('which dtype', () => {
  it('bytes for large models that are stored as bytes, f32 for all others', () => {
    const large = llama({ vocab_size: 32_000, hidden_size: 640 });
    const of = (config: ModelConfig, dtype: WeightDtype, embedding = dtype) => {
      const dtypes = cpuDtypes(config.network, packed(dtype, embedding));
      return [dtypes(config.network.layers[0]!.mlp.down.weight), dtypes(config.network.head.weight)];
    };
    expect(of(large, 'q8')).toEqual(['int8', 'int8']);
    expect(of(large, 'q4', 'f16')).toEqual(['int8', 'f32']);
    expect(of(large, 'f16')).toEqual(['f32', 'f32']);
    expect(of(llama({}), 'q8')).toEqual(['f32', 'f32']);
  });
});

describe('the first position of a block where rows predict the next token', () => {
  it('comes from the clean pass before it, also after a fork and a new beginning', async () => {
    const { backend, plain } = await both(llama({}, {}));
    const step = { ids: [60, 60, 60, 60], sampling: { temperature: 0, topP: 1, seed: 0 }, pass: 0 };
    backend.begin(4);
    plain.begin(4);
    await expect(backend.denoiseStep({ ...step, positions: [0] })).rejects.toMatchObject({ code: 'bad-input' });
    for (const each of [backend, plain]) await each.prefill(idsFrom(1, 8));
    const of = async (each: WasmBackend | CpuBackend, positions: number[]) =>
      (await each.denoiseStep({ ...step, positions })).map(({ position, id }) => [position, id]);
    expect(await of(backend, [0])).toEqual(await of(plain, [0]));
    expect(await of(backend, [3, 0, 1])).toEqual(await of(plain, [3, 0, 1]));
    backend.begin(4, idsFrom(1, 8));
    expect(backend.position).toBe(4);
    await backend.prefill(idsFrom(5, 4));
    expect(await of(backend, [0])).toEqual(await of(plain, [0]));
    backend.dispose();
  });
});

describe('a run of blocks', () => {
  it.each<[string, CpuDtypes]>([
    ['f32', f32Everywhere],
    ['bytes', int8Except()],
  ])('%s: a clean pass that rides along changes no number, up to past the ring’s end', async (_, dtypes) => {
    const config = llama({}, { clean_attention: 'block', predicts: 'own' });
    const { backend } = await both(config, 'q8', dtypes);
    const signal = new AbortController().signal;
    for (const blockSize of [1, 4, 8]) {
      const request: BlocksRequest = {
        first: Array<number>(blockSize).fill(60),
        blocks: Math.ceil(40 / blockSize),
        policy: { name: 'threshold', threshold: 0.2 },
        sampling: { temperature: 1, topP: 0.9, seed: 4 },
        nfe: 0,
      };
      const written = async (run: () => AsyncGenerator<BlockStep, void>) => {
        backend.begin(blockSize, idsFrom(2, 2 * blockSize + (blockSize >> 1)));
        if (blockSize > 1) await backend.prefill(idsFrom(2, blockSize >> 1));
        await backend.prefill(idsFrom(2 + (blockSize >> 1), 2 * blockSize));
        const steps: BlockStep[] = [];
        for await (const step of run()) steps.push(step);
        return steps;
      };
      const expected = await written(() => writeBlocksByVerbs(backend, request, signal));
      expect(await written(() => backend.writeBlocks(request, signal))).toEqual(expected);
      expect(expected.length).toBeGreaterThanOrEqual(request.blocks);
    }
    backend.dispose();
  });
});

describe('memory', () => {
  it('grows with the sequence, and is used again by the next', async () => {
    const config = { ...llama({ max_position_embeddings: 4096 }), contextLength: 4096 };
    const runtime = await cpuRuntime();
    const write = async () => {
      const { backend } = await both(config);
      backend.begin(1);
      await backend.prefill(idsFrom(0, 400));
      backend.dispose();
      return runtime.memoryBytes;
    };
    const once = await write();
    for (let i = 0; i < 3; i++) expect(await write()).toBe(once);
  });

  it('that the runtime refuses ends the text, and the next one begins with an empty cache', async () => {
    const config = { ...llama({ max_position_embeddings: 4096 }), contextLength: 4096 };
    const { backend, plain } = await both(config);
    const runtime = await cpuRuntime();
    for (const each of [backend, plain]) {
      each.begin(4);
      await each.prefill(idsFrom(0, 8));
    }
    const allocate = vi.spyOn(runtime, 'allocate');
    let allowed = 3;
    allocate.mockImplementation(function (this: typeof runtime, bytes: number) {
      if (bytes > 2 ** 12 && --allowed < 0) throw new UnmaskError('out-of-memory', 'No room.');
      return CpuRuntime.prototype.allocate.call(runtime, bytes);
    });
    backend.begin(4);
    await expect(backend.prefill(idsFrom(0, 400))).rejects.toMatchObject({ code: 'out-of-memory' });
    allocate.mockRestore();
    await expect(backend.commitBlock(idsFrom(0, 4))).rejects.toMatchObject({ code: 'out-of-memory' });
    backend.begin(4, idsFrom(0, 8));
    expect(backend.position).toBe(0);
    await backend.prefill(idsFrom(0, 8));
    await expectSame(backend, plain, [7, 60, 60, 8]);
    backend.dispose();
  });
});

describe('what is no number', () => {
  const broken = async (name: string, dtypes: CpuDtypes) => {
    const config = llama({}, { clean_attention: 'block', predicts: 'own' });
    const weights = new Map(randomWeights(config.network, 3));
    weights.set(
      name,
      weights.get(name)!.map((number, index) => (index === 70 ? Number.NaN : number)),
    );
    return openWasmBackend(config, readWeights(modelOf(config, packed('f32'), weights)), dtypes);
  };

  it.each([
    ['f32', f32Everywhere],
    ['bytes', int8Except()],
  ] as const)('%s: a weight that is none reaches the logits from wherever it is', async (_, dtypes) => {
    for (const weight of ['attention.qkv', 'attention.out', 'mlp.up', 'mlp.down']) {
      const backend = await broken(`layers.0.${weight}.weight`, dtypes);
      backend.begin(4);
      const logits = await backend.logits([1, 2, 3, 4]);
      expect([weight, logits.every(Number.isNaN)]).toEqual([weight, true]);
      backend.dispose();
    }
  });

  it('does not stay in the cache for the next text', async () => {
    // Row 1 of the embedding, which only one of the texts reads.
    const backend = await broken('embedding.weight', f32Everywhere);
    backend.begin(4);
    await backend.prefill([1, 2, 3, 4, 5, 6, 7, 8]);
    expect((await backend.logits([2, 2, 2, 2])).some(Number.isNaN)).toBe(true);
    backend.begin(4, [1, 2, 3, 4]);
    expect(backend.position).toBe(0);
    expect((await backend.logits([2, 2, 2, 2])).subarray(0, 1).every(Number.isFinite)).toBe(true);
    backend.dispose();
  });
});

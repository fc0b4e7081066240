import { env, InferenceSession, Tensor } from 'onnxruntime-web/wasm';
import { expect, it } from 'vitest';
import { ortGraph } from '../../bench/page/ort-graph';
import { readOrtWeights } from '../../bench/page/ort-weights';
import { scoreBias } from '../../bench/page/score-bias';
import { ropeTable } from '../../src/backends/wasm/rope-table';
import { describeModel } from '../../src/network/families';
import type { JsonObject } from '../../src/network/fields';
import { cacheWidth } from '../../src/network/network';
import { encodeGraph } from '../../src/onnx/encode-graph';
import { NO_FACTS } from '../engine/small-model';
import { expectClose } from '../kernels/compare';
import { modelOf, packed } from '../random-model';
import { randomWeights } from '../reference/random-weights';
import { uncachedLogits } from '../reference/uncached';

/** Between them all that a network can have. */
const CONFIGS: readonly JsonObject[] = [
  { model_type: 'bd3lm', vocab_size: 14, hidden_dim: 8, n_blocks: 2, n_heads: 2, model_length: 16, block_size: 2 },
  {
    model_type: 'a2d-qwen3',
    vocab_size: 19,
    hidden_size: 12,
    intermediate_size: 10,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    head_dim: 6,
    max_position_embeddings: 16,
    mask_token_id: 18,
  },
  {
    model_type: 'a2d-qwen2',
    vocab_size: 19,
    hidden_size: 12,
    intermediate_size: 10,
    num_hidden_layers: 2,
    num_attention_heads: 3,
    num_key_value_heads: 1,
    max_position_embeddings: 16,
    mask_token_id: 18,
  },
];

const BLOCK_SIZE = 2;
const RING = 16;
const CACHED = 4;
const IDS = [3, 1, 4, 1, 5, 9];

it.each(CONFIGS.map((config) => [config.model_type, config] as const))('computes %s over a cache', async (_, json) => {
  const config = describeModel(json, { ...NO_FACTS, tiedHead: json.model_type === 'a2d-qwen2' });
  const { network, vocabSize } = config;
  const weights = randomWeights(network, 5);
  const read = await readOrtWeights(modelOf(config, packed('f32'), weights));
  env.wasm.numThreads = 1;
  const session = await InferenceSession.create(encodeGraph(ortGraph(network), read.places), {
    executionProviders: ['wasm'],
    externalData: [...read.files].map(([path, data]) => ({ path, data })),
  });
  const inputs = (ids: readonly number[], position: number, past: Readonly<Record<string, Tensor>>) => {
    const { attention } = network.layers[0]!;
    const rows = ids.length;
    const { cos, sin } = ropeTable(
      attention,
      ids.map((_, row) => position + row),
    );
    const whole = (values: readonly number[]) =>
      new Tensor('int64', BigInt64Array.from(values, BigInt), [values.length]);
    const turns = (numbers: Float32Array) => new Tensor('float32', numbers, [rows, attention.headSize / 2]);
    const bias = scoreBias({ rows, slots: position, position, ring: RING, blockSize: BLOCK_SIZE });
    return {
      ids: whole(ids),
      picks: whole([...ids.keys()]),
      cos: turns(cos),
      sin: turns(sin),
      bias: new Tensor('float32', bias, [1, 1, rows, position + rows]),
      ...past,
    };
  };
  const names = network.layers.flatMap((_, layer) => [`keys.${layer}`, `values.${layer}`]);
  const empty = new Tensor('float32', new Float32Array(0), [1, 0, cacheWidth(network.layers[0]!.attention)]);
  const none = Object.fromEntries(names.map((name) => [`past_${name}`, empty]));

  const first = await session.run(inputs(IDS.slice(0, CACHED), 0, none));
  const past = Object.fromEntries(names.map((name) => [`past_${name}`, first[name]!]));
  const second = await session.run(inputs(IDS.slice(CACHED), CACHED, past));
  await session.release();

  const found = [first, second].flatMap(({ logits }) => [...(logits!.data as Float32Array)]);
  const expected = uncachedLogits(
    config,
    weights,
    { ids: IDS, blockSize: BLOCK_SIZE, noisedFrom: IDS.length },
    IDS.length,
  );
  expect(found).toHaveLength(IDS.length * vocabSize);
  expectClose(Float32Array.from(found), expected, { atol: 1e-4, rtol: 1e-4 });
});

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { exportCheckpoint } from '../../export/export-checkpoint';
import { openModelFolder } from '../../src/library/model-folder';
import type { ModelConfig } from '../../src/network/model-config';
import { folderWeights } from '../reference/folder-weights';
import { plainSafetensors } from '../reference/plain-safetensors';
import type { Weights } from '../reference/uncached';
import { TemporaryFolders } from '../temporary-folders';

/** That stacking, interleaving and folding are right, by plain code that shares nothing with what exports. */

const folders = new TemporaryFolders();
afterAll(() => folders.remove());

type Tensors = ReadonlyMap<string, readonly number[]>;

async function exported(name: string): Promise<{ config: ModelConfig; weights: Weights; tensors: Tensors }> {
  const checkpoint = `tests/fixtures/${name}-tiny`;
  const model = join(await folders.make(), 'model');
  // A file of a fortieth of the weights: the embedding is in parts.
  await exportCheckpoint(checkpoint, model, 'f32', { fileBytes: 30_000 });
  const source = await openModelFolder(model);
  const shards = (await readdir(checkpoint)).filter((path) => /^model.*\.safetensors$/.test(path)).toSorted();
  const tensors = await Promise.all(shards.map((path) => plainSafetensors(join(checkpoint, path))));
  return {
    config: source.config,
    weights: await folderWeights(source),
    tensors: new Map(tensors.flatMap((each) => [...each])),
  };
}

function expectNumbers(weights: Weights, name: string, expected: readonly number[]): void {
  const found = weights.get(name)!;
  expect(found.length, name).toBe(expected.length);
  const wrong = expected.findIndex((value, index) => !Object.is(Math.fround(value), found[index]));
  if (wrong >= 0) expect(found[wrong], `${name}, number ${wrong}`).toBe(Math.fround(expected[wrong]!));
}

/** Rows of one, then of the other. */
function interleaved(one: readonly number[], other: readonly number[], columns: number): number[] {
  const rows: number[] = [];
  for (let row = 0; row * columns < one.length; row++) {
    for (const matrix of [one, other]) {
      for (let column = 0; column < columns; column++) rows.push(matrix[row * columns + column]!);
    }
  }
  return rows;
}

describe.each<[name: string, bias: boolean, headNorm: boolean, head: boolean]>([
  ['llama', false, false, false],
  ['qwen2', true, false, false],
  ['qwen3', false, true, false],
  ['a2d-qwen3', false, true, true],
  ['sdar', false, true, true],
  ['Fast_dLLM_Qwen', true, false, false],
])('%s', (name, bias, headNorm, ownHead) => {
  it('stores the checkpoint’s numbers, q, k and v stacked, gate and up interleaved', async () => {
    const { config, weights, tensors } = await exported(name);
    const theirs = (tensor: string) => tensors.get(tensor)!;
    const names = new Set(weights.keys());
    const expectWeight = (ours: string, expected: readonly number[]) => {
      expectNumbers(weights, ours, expected);
      names.delete(ours);
    };
    expectWeight('embedding.weight', theirs('model.embed_tokens.weight'));
    const hidden = theirs('model.norm.weight').length;
    for (let layer = 0; layer < config.network.layers.length; layer++) {
      const [ours, prefix] = [`layers.${layer}`, `model.layers.${layer}`];
      const stacked = (kind: string) =>
        ['q', 'k', 'v'].flatMap((part) => theirs(`${prefix}.self_attn.${part}_proj.${kind}`));
      expectWeight(`${ours}.norm1.weight`, theirs(`${prefix}.input_layernorm.weight`));
      expectWeight(`${ours}.attention.qkv.weight`, stacked('weight'));
      if (bias) expectWeight(`${ours}.attention.qkv.bias`, stacked('bias'));
      for (const part of headNorm ? ['q_norm', 'k_norm'] : []) {
        expectWeight(`${ours}.attention.${part}.weight`, theirs(`${prefix}.self_attn.${part}.weight`));
      }
      expectWeight(`${ours}.attention.out.weight`, theirs(`${prefix}.self_attn.o_proj.weight`));
      expectWeight(`${ours}.norm2.weight`, theirs(`${prefix}.post_attention_layernorm.weight`));
      const [gate, up] = ['gate', 'up'].map((part) => theirs(`${prefix}.mlp.${part}_proj.weight`));
      expectWeight(`${ours}.mlp.up.weight`, interleaved(gate!, up!, hidden));
      expectWeight(`${ours}.mlp.down.weight`, theirs(`${prefix}.mlp.down_proj.weight`));
    }
    expectWeight('final_norm.weight', theirs('model.norm.weight'));
    if (ownHead) expectWeight('head.weight', theirs('lm_head.weight'));
    expect([...names]).toEqual([]);
    expect(config.network.head.weight === config.network.embedding).toBe(!ownHead);
  });
});

describe('bd3lm', () => {
  const silu = (x: number) => x / (1 + Math.exp(-x));
  const times = (matrix: readonly number[], x: readonly number[], bias: readonly number[]) =>
    bias.map((start, row) => start + x.reduce((sum, value, i) => sum + value * matrix[row * x.length + i]!, 0));

  it('folds adaLN at noise level 0 into norms, output rows and biases', async () => {
    const { config, weights, tensors } = await exported('bd3lm');
    const theirs = (tensor: string) => tensors.get(tensor)!;
    const layerOf = (name: string, x: readonly number[]) => times(theirs(`${name}.weight`), x, theirs(`${name}.bias`));
    const sinusoids = Array.from({ length: 256 }, (_, index) => (index < 128 ? 1 : 0));
    const inner = layerOf('backbone.sigma_map.mlp.0', sinusoids).map(silu);
    const condition = layerOf('backbone.sigma_map.mlp.2', inner).map(silu);
    const hidden = 64;
    const modulation = (name: string) => {
      const all = layerOf(`${name}.adaLN_modulation`, condition);
      return Array.from({ length: all.length / hidden }, (_, part) => all.slice(part * hidden, (part + 1) * hidden));
    };
    const expectClose = (name: string, expected: readonly number[]) => {
      const found = weights.get(name)!;
      expect(found.length, name).toBe(expected.length);
      const difference = Math.max(...expected.map((value, index) => Math.abs(value - found[index]!)));
      expect(difference, name).toBeLessThan(1e-6);
    };
    const gated = (matrix: readonly number[], gate: readonly number[]) =>
      matrix.map((value, index) => value * gate[Math.floor(index / (matrix.length / hidden))]!);
    for (let layer = 0; layer < config.network.layers.length; layer++) {
      const [ours, block] = [`layers.${layer}`, `backbone.blocks.${layer}`];
      const [shift1, scale1, gate1, shift2, scale2, gate2] = modulation(block);
      expectClose(
        `${ours}.norm1.weight`,
        theirs(`${block}.norm1.weight`).map((w, i) => w * (1 + scale1![i]!)),
      );
      expectClose(`${ours}.norm1.bias`, shift1!);
      expectNumbers(weights, `${ours}.attention.qkv.weight`, theirs(`${block}.attn_qkv.weight`));
      expectClose(`${ours}.attention.out.weight`, gated(theirs(`${block}.attn_out.weight`), gate1!));
      expectClose(
        `${ours}.norm2.weight`,
        theirs(`${block}.norm2.weight`).map((w, i) => w * (1 + scale2![i]!)),
      );
      expectClose(`${ours}.norm2.bias`, shift2!);
      expectNumbers(weights, `${ours}.mlp.up.weight`, theirs(`${block}.mlp.0.weight`));
      expectNumbers(weights, `${ours}.mlp.up.bias`, theirs(`${block}.mlp.0.bias`));
      expectClose(`${ours}.mlp.down.weight`, gated(theirs(`${block}.mlp.2.weight`), gate2!));
      expectClose(`${ours}.mlp.down.bias`, gated(theirs(`${block}.mlp.2.bias`), gate2!));
    }
    const [shift, scale] = modulation('backbone.output_layer');
    expectClose(
      'final_norm.weight',
      theirs('backbone.output_layer.norm_final.weight').map((w, i) => w * (1 + scale![i]!)),
    );
    expectClose('final_norm.bias', shift!);
    expectNumbers(weights, 'embedding.weight', theirs('backbone.vocab_embed.embedding'));
    expectNumbers(weights, 'head.weight', theirs('backbone.output_layer.linear.weight'));
    expectNumbers(weights, 'head.bias', theirs('backbone.output_layer.linear.bias'));
  });
});

it.each<[name: string, config: Partial<ModelConfig>]>([
  ['bd3lm', { maskId: 97, stopIds: [], bosId: null, defaultBlockSize: 4 }],
  ['llama', { stopIds: [0], maskId: 203, blockSizes: [1] }],
  ['qwen2', { stopIds: [182], maskId: 201, blockSizes: [1] }],
  ['qwen3', { stopIds: [182], maskId: 205, blockSizes: [1] }],
  ['a2d-qwen3', { stopIds: [182], maskId: 190, bosId: null, grid: 'prompt' }],
  ['sdar', { stopIds: [182, 180], maskId: 190, defaultBlockSize: 4 }],
  ['Fast_dLLM_Qwen', { stopIds: [182], maskId: 186, defaultBlockSize: 16 }],
])('%s has the ids that its files say', async (name, expected) => {
  expect((await exported(name)).config).toMatchObject(expected);
});

import { createHash } from 'node:crypto';
import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { exportCheckpoint } from '../../export/export-checkpoint';
import { openModelFolder } from '../../src/cli/model-folder';
import { parseManifest } from '../../src/model/format/manifest';
import { folderWeights } from '../reference/folder-weights';
import type { Weights } from '../reference/uncached';
import { TemporaryFolders } from '../temporary-folders';
import { randomTensors, SMALL_CHECKPOINT, writeCheckpoint } from './random-checkpoint';
import { floatTensor, type TensorBytes, writeSafetensors } from './write-safetensors';

const TINY = 'tests/fixtures/bd3lm-tiny';

const folders = new TemporaryFolders();
let checkpoint: string;
let model: string;
beforeEach(async () => {
  await folders.remove();
  checkpoint = await folders.make();
  model = join(await folders.make(), 'model');
});
afterAll(() => folders.remove());

const exported = async (): Promise<Weights> => {
  await exportCheckpoint(checkpoint, model, 'f32');
  return folderWeights(await openModelFolder(model));
};
const numbersOf = (tensor: TensorBytes) => new Float32Array(tensor.bytes.slice().buffer);

describe('a model folder', () => {
  it('has a manifest that tells every file, and a config for the engine', async () => {
    const manifest = await exportCheckpoint(TINY, model, 'f32');
    expect(parseManifest(JSON.parse(await readFile(join(model, 'manifest.json'), 'utf8')))).toEqual(manifest);
    expect(manifest).toMatchObject({ id: 'model', name: 'bd3lm-tiny', licence: 'unknown', parameters: 213026 });
    expect(manifest.files.map(({ path }) => path)).toEqual([
      'weights.bin',
      'weights.onnx',
      'model.onnx',
      'config.json',
    ]);
    for (const { path, bytes, sha256 } of manifest.files) {
      const content = await readFile(join(model, path));
      expect(content.byteLength).toBe(bytes);
      expect(createHash('sha256').update(content).digest('hex')).toBe(sha256);
    }
    expect((await openModelFolder(model)).config).toEqual({
      architecture: 'bd3lm',
      vocabSize: 98,
      hiddenSize: 64,
      mlpSize: 256,
      layers: 3,
      heads: 4,
      contextLength: 32,
      ropeBase: 10_000,
      normEpsilon: 1e-5,
      maskId: 97,
      bosId: null,
      eosId: null,
      blockSizes: [4],
      defaultBlockSize: 4,
    });
  });

  it.each(['f32', 'f16', 'q8', 'q4'] as const)('of %s is the same bytes each time', async (dtype) => {
    const first = await exportCheckpoint(TINY, model, dtype);
    expect(await exportCheckpoint(TINY, model, dtype)).toEqual(first);
  });

  it('takes the tokenizer, its special ids and the model card along', async () => {
    await writeCheckpoint(checkpoint, { block_sizes: [1, 3] });
    const tokens = [
      { id: 5, content: '<s>' },
      { id: 6, content: '<e>' },
    ];
    await writeFile(join(checkpoint, 'tokenizer.json'), JSON.stringify({ added_tokens: tokens }));
    const special = { bos_token: { content: '<s>' }, eos_token: '<e>' };
    await writeFile(join(checkpoint, 'tokenizer_config.json'), JSON.stringify(special));
    await writeFile(join(checkpoint, 'README.md'), '---\nlicense: mit\nlanguage: en\n---\n\n# Little model\n\nText.\n');
    const manifest = await exportCheckpoint(checkpoint, model, 'q8');
    expect(manifest).toMatchObject({ name: 'Little model', licence: 'mit' });
    expect(manifest.files.map(({ path }) => path)).toContain('tokenizer_config.json');
    const { config } = await openModelFolder(model);
    expect(config).toMatchObject({ bosId: 5, eosId: 6, blockSizes: [1, 3], defaultBlockSize: 3 });
    expect(await readFile(join(model, 'README.md'), 'utf8')).toContain('# Little model');
  });

  it('takes the place of an older one, whose tokenizer does not stay behind', async () => {
    await writeCheckpoint(checkpoint);
    await writeFile(join(checkpoint, 'tokenizer.json'), '{}');
    await exportCheckpoint(checkpoint, model, 'f32');
    await writeFile(join(model, 'notes.txt'), 'mine');
    await rm(join(checkpoint, 'tokenizer.json'));
    await exportCheckpoint(checkpoint, model, 'q8');
    expect((await readdir(model)).toSorted()).toEqual([
      'config.json',
      'manifest.json',
      'model.onnx',
      'notes.txt',
      'weights.bin',
      'weights.onnx',
    ]);
  });

  it('stays as it was where an export fails, and nothing lies about', async () => {
    await exportCheckpoint(TINY, model, 'f32');
    const tensors = randomTensors();
    tensors.set('backbone.output_layer.linear.bias', floatTensor([37], new Float32Array(37).fill(Number.NaN)));
    await writeCheckpoint(checkpoint, {}, tensors);
    await expect(exportCheckpoint(checkpoint, model, 'f32')).rejects.toMatchObject({ code: 'bad-model' });
    expect((await openModelFolder(model)).config.vocabSize).toBe(98);
    expect(await readdir(join(model, '..'))).toEqual(['model']);
  });
});

describe('weights', () => {
  it('without adaLN are the checkpoint’s, and biases it lacks are 0', async () => {
    const tensors = randomTensors();
    await writeCheckpoint(checkpoint, {}, tensors);
    const weights = await exported();
    for (const [ours, theirs] of [
      ['embedding.weight', 'backbone.vocab_embed.embedding'],
      ['layers.1.norm2.weight', 'backbone.blocks.1.norm2.weight'],
      ['layers.1.attention.out.weight', 'backbone.blocks.1.attn_out.weight'],
      ['layers.0.mlp.down.bias', 'backbone.blocks.0.mlp.2.bias'],
      ['head.bias', 'backbone.output_layer.linear.bias'],
    ] as const) {
      expect(weights.get(ours)).toEqual(numbersOf(tensors.get(theirs)!));
    }
    expect(weights.get('layers.0.norm1.bias')).toEqual(new Float32Array(20));
  });

  it('with adaLN whose modulation is 0 have gates of 0 and plain norms', async () => {
    const change = { ...SMALL_CHECKPOINT, adaln: true };
    const tensors = randomTensors(change);
    for (const [name, { shape, bytes }] of tensors) {
      if (name.includes('adaLN')) tensors.set(name, floatTensor(shape, new Float32Array(bytes.length / 4)));
    }
    await writeCheckpoint(checkpoint, change, tensors);
    const weights = await exported();
    expect(weights.get('layers.0.attention.out.weight')!.every((value) => value === 0)).toBe(true);
    expect(weights.get('layers.0.norm1.weight')).toEqual(numbersOf(tensors.get('backbone.blocks.0.norm1.weight')!));
  });

  it('of shards are those of one file', async () => {
    const tensors = randomTensors();
    await writeCheckpoint(checkpoint, {}, tensors);
    const whole = await exported();
    await rm(join(checkpoint, 'model.safetensors'));
    const halves = [new Map([...tensors].slice(0, 9)), new Map([...tensors].slice(9))];
    const map: Record<string, string> = {};
    for (const [index, half] of halves.entries()) {
      const name = `model-0000${index + 1}-of-00002.safetensors`;
      await writeSafetensors(join(checkpoint, name), half);
      for (const tensor of half.keys()) map[tensor] = name;
    }
    await writeFile(join(checkpoint, 'model.safetensors.index.json'), JSON.stringify({ weight_map: map }));
    expect(await exported()).toEqual(whole);
  });

  it('of bf16 are read as such', async () => {
    const tensors = randomTensors();
    for (const [name, { shape, bytes }] of tensors) {
      const halves = Uint16Array.from(new Uint32Array(bytes.slice().buffer), (bits) => bits >>> 16);
      tensors.set(name, { dtype: 'BF16', shape, bytes: new Uint8Array(halves.buffer) });
    }
    await writeCheckpoint(checkpoint, {}, tensors);
    const bits = new Uint32Array((await exported()).get('head.weight')!.slice().buffer);
    expect(bits.every((word) => (word & 0xffff) === 0)).toBe(true);
    expect(bits.some((word) => word !== 0)).toBe(true);
  });
});

describe('says what is wrong with a checkpoint', () => {
  const refusal = () => expect(exportCheckpoint(checkpoint, model, 'f32')).rejects;

  it('tensors that are missing, extra or of another shape, by name', async () => {
    const tensors = randomTensors();
    tensors.delete('backbone.blocks.1.attn_out.weight');
    tensors.set('backbone.blocks.0.attn_qkv.bias', floatTensor([1], new Float32Array(1)));
    tensors.set('backbone.vocab_embed.embedding', floatTensor([36, 20], new Float32Array(36 * 20)));
    await writeCheckpoint(checkpoint, {}, tensors);
    await refusal().toMatchObject({
      code: 'bad-model',
      message:
        'The weights do not fit config.json: backbone.vocab_embed.embedding is [36, 20] and should be [37, 20]; ' +
        'backbone.blocks.1.attn_out.weight is missing; backbone.blocks.0.attn_qkv.bias is not part of such a model. ' +
        'Save the checkpoint again.',
    });
  });

  it('another RoPE than the authors’', async () => {
    const tensors = randomTensors();
    const name = 'backbone.rotary_emb.inv_freq';
    const frequencies = (base: number) => Float32Array.from({ length: 5 }, (_, i) => base ** (-i / 5));
    await writeCheckpoint(checkpoint, {}, new Map([...tensors, [name, floatTensor([5], frequencies(500))]]));
    await refusal().toThrow('inv_freq is not that of base 10000');
    await writeCheckpoint(checkpoint, {}, new Map([...tensors, [name, floatTensor([5], frequencies(10_000))]]));
    await exported();
  });

  it.each<[change: object, message: string]>([
    [{ model_type: 'gpt2' }, 'config.json: model_type is "gpt2", and only "bd3lm" can be exported.'],
    [{ causal: true }, 'causal is true'],
    [{ time_conditioning: true }, 'time_conditioning is true'],
    [{ n_blocks: 0 }, 'n_blocks is 0, and only a positive whole number'],
    [{ hidden_dim: '20' }, 'hidden_dim is "20"'],
    [{ n_heads: 7 }, 'hiddenSize must be a multiple of 2 · heads'],
    [{ block_sizes: [1, 2] }, 'defaultBlockSize must be one of blockSizes'],
  ])('%o', async (change, message) => {
    await writeCheckpoint(checkpoint, change, randomTensors());
    await refusal().toMatchObject({ code: 'bad-model', message: expect.stringContaining(message) });
  });

  it.each<[file: string, content: string, message: string]>([
    ['config.json', '[]', 'config.json is not a JSON object'],
    [
      'model.safetensors.index.json',
      '{"weight_map": {"x": "../other.safetensors"}}',
      'weight_map must name files beside it',
    ],
    ['model.safetensors.index.json', '{}', 'weight_map must name files beside it'],
    ['tokenizer_config.json', '{"bos_token": "<s>"}', 'tokenizer.json lacks <s>, which tokenizer_config.json names'],
  ])('%s of %s', async (file, content, message) => {
    await writeCheckpoint(checkpoint);
    await writeFile(join(checkpoint, 'tokenizer.json'), '{"model": {"vocab": {}}}');
    await writeFile(join(checkpoint, file), content);
    await refusal().toMatchObject({ code: 'bad-model', message: expect.stringContaining(message) });
  });

  it('a tensor in two shards', async () => {
    await writeCheckpoint(checkpoint);
    await cp(join(checkpoint, 'model.safetensors'), join(checkpoint, 'b.safetensors'));
    const map = { x: 'model.safetensors', y: 'b.safetensors' };
    await writeFile(join(checkpoint, 'model.safetensors.index.json'), JSON.stringify({ weight_map: map }));
    await refusal().toThrow('Two shards have backbone.vocab_embed.embedding');
  });

  it('a folder without a checkpoint', async () => {
    await refusal().toThrow('config.json is missing. Give the folder of a checkpoint');
    await writeFile(join(checkpoint, 'config.json'), JSON.stringify(SMALL_CHECKPOINT));
    await refusal().toThrow('model.safetensors cannot be read');
  });
});

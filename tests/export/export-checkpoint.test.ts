import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { exportCheckpoint } from '../../export/export-checkpoint';
import { openModelFolder } from '../../src/library/model-folder';
import { parseManifest } from '../../src/model/format/manifest';
import { folderWeights } from '../reference/folder-weights';
import type { Weights } from '../reference/uncached';
import { TemporaryFolders } from '../temporary-folders';
import { randomTensors, SMALL_CHECKPOINT, writeCheckpoint } from './random-checkpoint';
import { floatTensor, type TensorBytes, writeRaw, writeSafetensors } from './write-safetensors';

const TINY = 'tests/fixtures/bd3lm-tiny';
/** The least that can be used. */
const TOKENIZER = { model: { type: 'BPE', vocab: { a: 0 }, merges: [] } };

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
    expect(manifest.weights).toEqual(['model.safetensors']);
    expect(manifest.files.map(({ path }) => path)).toEqual(['model.safetensors', 'config.json']);
    for (const { path, bytes, sha256 } of manifest.files) {
      const content = await readFile(join(model, path));
      expect(content.byteLength).toBe(bytes);
      expect(createHash('sha256').update(content).digest('hex')).toBe(sha256);
    }
    const published = JSON.parse(await readFile(join(TINY, 'config.json'), 'utf8'));
    const { unmask, ...config } = JSON.parse(await readFile(join(model, 'config.json'), 'utf8'));
    expect(config).toEqual(published);
    expect(unmask).toMatchObject({ maskId: null, bosId: null, eosIds: [], mlpSize: 256 });
    expect((await openModelFolder(model)).config).toMatchObject({
      modelType: 'bd3lm',
      vocabSize: 98,
      contextLength: 32,
      maskId: 97,
      bosId: null,
      stopIds: [],
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
    await writeFile(join(checkpoint, 'tokenizer.json'), JSON.stringify({ ...TOKENIZER, added_tokens: tokens }));
    const special = { bos_token: { content: '<s>' }, eos_token: '<e>' };
    await writeFile(join(checkpoint, 'tokenizer_config.json'), JSON.stringify(special));
    await writeFile(join(checkpoint, 'README.md'), '---\nlicense: mit\nlanguage: en\n---\n\n# Little model\n\nText.\n');
    const manifest = await exportCheckpoint(checkpoint, model, 'q8');
    expect(manifest).toMatchObject({ name: 'Little model', licence: 'mit' });
    expect(manifest.files.map(({ path }) => path)).toContain('tokenizer_config.json');
    const { config } = await openModelFolder(model);
    expect(config).toMatchObject({ bosId: 5, stopIds: [6], blockSizes: [1, 3], defaultBlockSize: 3 });
    expect(await readFile(join(model, 'README.md'), 'utf8')).toContain('# Little model');
  });

  it('takes the place of an older one, whose tokenizer does not stay behind', async () => {
    await writeCheckpoint(checkpoint);
    await writeFile(join(checkpoint, 'tokenizer.json'), JSON.stringify(TOKENIZER));
    await exportCheckpoint(checkpoint, model, 'f32');
    await writeFile(join(model, 'notes.txt'), 'mine');
    await rm(join(checkpoint, 'tokenizer.json'));
    await exportCheckpoint(checkpoint, model, 'q8');
    expect((await readdir(model)).toSorted()).toEqual([
      'config.json',
      'manifest.json',
      'model.safetensors',
      'notes.txt',
    ]);
  });

  it('takes the place of one of format 2', async () => {
    await mkdir(model);
    const old = ['model.onnx', 'weights.bin', 'weights-1-of-2.onnx', 'weights-2-of-2.1-of-3.bin', 'manifest.json'];
    for (const name of old) await writeFile(join(model, name), '{"formatVersion": 2}');
    await expect(openModelFolder(model)).rejects.toMatchObject({
      code: 'bad-model',
      message: expect.stringMatching(/formatVersion is 2, and .* format 3\. Export the model again/),
    });
    await exportCheckpoint(TINY, model, 'q8');
    expect((await readdir(model)).toSorted()).toEqual([
      'README.md',
      'config.json',
      'manifest.json',
      'model.safetensors',
    ]);
  });

  it('can have an embedding and a head of another dtype', async () => {
    const manifest = await exportCheckpoint(TINY, model, 'q4', { embeddingDtype: 'f16' });
    expect(manifest).toMatchObject({ dtype: 'q4', embeddingDtype: 'f16' });
    const source = await openModelFolder(model);
    expect(source.packing).toEqual({ dtype: 'q4', embeddingDtype: 'f16' });
    await folderWeights(source);
  });

  it('takes a chat template and generation_config.json along', async () => {
    await cp('tests/fixtures/sdar-tiny', checkpoint, { recursive: true });
    await writeFile(join(checkpoint, 'chat_template.jinja'), '{{ messages[0].content }}');
    const { files } = await exportCheckpoint(checkpoint, model, 'q8');
    expect(files.map(({ path }) => path)).toEqual([
      'model.safetensors',
      'config.json',
      'tokenizer_config.json',
      'chat_template.jinja',
      'generation_config.json',
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
  it('without adaLN are the checkpoint’s, and biases it lacks are none', async () => {
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
    expect(weights.has('layers.0.norm1.bias')).toBe(false);
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

describe('a head', () => {
  const llama = async (change: object, head: 'equal' | 'other' | 'none'): Promise<void> => {
    await cp('tests/fixtures/a2d-qwen3-tiny', checkpoint, { recursive: true });
    const config = JSON.parse(await readFile(join(checkpoint, 'config.json'), 'utf8'));
    await writeFile(join(checkpoint, 'config.json'), JSON.stringify({ ...config, ...change }));
    const file = await readFile(join(checkpoint, 'model.safetensors'));
    const start = 8 + Number(file.readBigUInt64LE(0));
    const { __metadata__, ...header } = JSON.parse(file.toString('utf8', 8, start));
    const tensors = new Map<string, TensorBytes>();
    for (const [name, entry] of Object.entries<{ dtype: string; shape: number[]; data_offsets: [number, number] }>(
      header,
    )) {
      const [from, to] = entry.data_offsets;
      tensors.set(name, { ...entry, bytes: Uint8Array.from(file.subarray(start + from, start + to)) });
    }
    if (head === 'none') tensors.delete('lm_head.weight');
    if (head === 'equal') tensors.set('lm_head.weight', tensors.get('model.embed_tokens.weight')!);
    await writeSafetensors(join(checkpoint, 'model.safetensors'), tensors);
  };
  const isTied = async (): Promise<boolean> => {
    await exportCheckpoint(checkpoint, model, 'f32');
    const { head, embedding } = (await openModelFolder(model)).config.network;
    return head.weight === embedding;
  };

  it.each([true, false])('that is stored and differs is used where the config says tied: %s', async (tied) => {
    await llama({ tie_word_embeddings: tied }, 'other');
    expect(await isTied()).toBe(false);
  });

  it.each([true, false])(
    'that is stored and is the embedding is stored once where the config says tied: %s',
    async (tied) => {
      await llama({ tie_word_embeddings: tied }, 'equal');
      expect(await isTied()).toBe(true);
    },
  );

  it('that is not stored is the embedding, unless the config says that it is not', async () => {
    await llama({ tie_word_embeddings: true }, 'none');
    expect(await isTied()).toBe(true);
    await llama({ tie_word_embeddings: false }, 'none');
    await expect(isTied()).rejects.toMatchObject({
      code: 'bad-model',
      message: expect.stringContaining('lm_head.weight is missing, and tie_word_embeddings is false'),
    });
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
    await refusal().toThrow('inv_freq is not that of base 10000, which config.json asks for');
    await writeCheckpoint(checkpoint, {}, new Map([...tensors, [name, floatTensor([5], frequencies(10_000))]]));
    await exported();
  });

  it.each<[change: object, message: string]>([
    [{ model_type: 'gpt2' }, 'config.json: model_type is "gpt2". Unmask runs bd3lm, '],
    [{ causal: true }, 'causal is true'],
    [{ time_conditioning: true }, 'time_conditioning is true'],
    [{ n_blocks: 0 }, 'n_blocks must be a whole number from 1 to 256, and is 0'],
    [{ hidden_dim: '20' }, 'hidden_dim must be a whole number from 1 to 16384, and is "20"'],
    [{ n_heads: 7 }, 'hidden_dim must be a multiple of 2 · n_heads (14), and is 20'],
    [{ block_sizes: [1, 2] }, 'block_size must be one of block_sizes, and is 3'],
  ])('%o', async (change, message) => {
    await writeCheckpoint(checkpoint, change, randomTensors());
    await refusal().toMatchObject({ code: 'bad-model', message: expect.stringContaining(message) });
  });

  it.each<[file: string, content: string, message: string]>([
    ['config.json', '[]', 'config.json cannot be read: it is not a JSON object'],
    [
      'model.safetensors.index.json',
      '{"weight_map": {"x": "../other.safetensors"}}',
      'weight_map must name files beside it',
    ],
    ['model.safetensors.index.json', '{}', 'weight_map must name files beside it'],
    ['tokenizer.json', '{"model": {"type": "BPE"', 'tokenizer.json cannot be read: it is not JSON'],
    ['tokenizer.json', '{"model": {"type": "BPE", "merges": []}}', 'tokenizer.json cannot be used: '],
    ['tokenizer.json', '{"model": {"type": "BPE", "vocab": {"a": 99}}}', 'tokenizer.json has ids up to 99'],
    ['chat_template.json', '[', 'chat_template.json cannot be used: it is not JSON'],
    ['tokenizer_config.json', '{"bos_token": "<s>"}', 'tokenizer.json lacks <s>, which tokenizer_config.json names'],
  ])('%s of %s', async (file, content, message) => {
    await writeCheckpoint(checkpoint);
    await writeFile(join(checkpoint, 'tokenizer.json'), JSON.stringify(TOKENIZER));
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

  it('an index that names a file without that tensor', async () => {
    await writeCheckpoint(checkpoint);
    const map = { 'backbone.vocab_embed.embedding': 'model.safetensors', x: 'model.safetensors' };
    await writeFile(join(checkpoint, 'model.safetensors.index.json'), JSON.stringify({ weight_map: map }));
    await refusal().toThrow(
      'model.safetensors.index.json says that x is in model.safetensors, which has no such tensor',
    );
  });

  it.each<[what: string, entries: (bytes: number) => string, message: string]>([
    ['over each other', (bytes) => `"y":{"dtype":"U8","shape":[${bytes}],"data_offsets":[0,${bytes}]}`, 'lies over'],
    [
      'of the same name',
      () => '"backbone.vocab_embed.embedding":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}',
      'has backbone.vocab_embed.embedding twice',
    ],
  ])('two tensors %s', async (_, entries, message) => {
    await writeCheckpoint(checkpoint);
    const path = join(checkpoint, 'model.safetensors');
    const file = await readFile(path);
    const start = 8 + Number(file.readBigUInt64LE(0));
    const header = file.toString('utf8', 8, start);
    await writeRaw(path, `${header.slice(0, -1)},${entries(file.length - start)}}`, file.subarray(start));
    await refusal().toMatchObject({ code: 'bad-model', message: expect.stringContaining(message) });
  });

  it('a folder without a checkpoint', async () => {
    await refusal().toThrow('config.json is missing. Give the folder of a checkpoint');
    await writeFile(join(checkpoint, 'config.json'), JSON.stringify(SMALL_CHECKPOINT));
    await refusal().toThrow('model.safetensors is missing. Weights in other formats');
  });
});

import { type Corruption, changeJson, type Folder, type Json, WEIGHTS } from './folder';

const NO_NUMBERS = [null, true, '5', '', 'NaN', [], [5], {}, -1, 0.5, 2 ** 53, 1e308, Number.NaN];
const NO_TEXTS = [null, true, 5, '', [], {}, ['x'], 'x'.repeat(201), 'x'.repeat(1e5)];
const NO_LISTS = [null, true, 5, '', 'x', {}, { length: 3 }];

/** Paths out of the folder, into others, to devices, and names that only look plain. */
const TRICKS = [
  '',
  '.',
  '..',
  '../x',
  '../../etc/passwd',
  'a/b',
  '/model.safetensors',
  'a\\b',
  'C:\\x',
  'c:x',
  'con',
  'CON',
  'nul.bin',
  'com1.onnx',
  'aux.',
  'model.safetensors.',
  'model.safetensors ',
  ' model.safetensors',
  'model.safetensors\n',
  'model.safetensors\0',
  '\0',
  'model.safetensors?x',
  'model.safetensors#x',
  'https://example.org/model.safetensors',
  '//example.org/x',
  '%2e%2e%2fx',
  'model%2esafetensors',
  'mоdel.safetensors',
  'model。safetensors',
  '∕weights',
  'w'.repeat(201),
  'w'.repeat(1e5),
  '.hidden',
  '-rf',
  '~',
  '$HOME',
];

/** Every field of the manifest wrong, one at a time. */
export function wrongManifests({ manifest }: Folder): Corruption[] {
  const edits: [name: string, edit: (manifest: Json) => void][] = [];
  const set = (place: string, at: (manifest: Json) => Json, field: string, values: readonly unknown[]) => {
    for (const value of values) {
      edits.push([
        `${place}${field} is ${String(JSON.stringify(value)).slice(0, 60)}`,
        (manifest) => {
          at(manifest)[field] = value;
        },
      ]);
    }
    edits.push([`${place}${field} is missing`, (manifest) => void delete at(manifest)[field]]);
  };
  const top = (manifest: Json) => manifest;
  set('', top, 'formatVersion', [...NO_NUMBERS, 0, 1, 2, 4]);
  for (const field of ['id', 'name', 'licence']) set('', top, field, NO_TEXTS);
  set('', top, 'parameters', [...NO_NUMBERS, 0]);
  for (const field of ['dtype', 'embeddingDtype']) {
    set('', top, field, [...NO_TEXTS, 'f64', 'f32', 'f16', 'q4', 'constructor', '__proto__']);
  }
  set('', top, 'files', [...NO_LISTS, [], [null], [[]], ['model.safetensors'], Array(5000).fill({})]);
  set('', top, 'weights', [...NO_LISTS, [], [null], [[]], [{}], [[WEIGHTS]], [WEIGHTS, WEIGHTS], Array(5000).fill({})]);
  for (const [index, { path }] of manifest.files.entries()) {
    const file = (manifest: Json) => manifest.files[index];
    const place = `${path}: `;
    const others = [...NO_TEXTS, ...TRICKS, 'renamed', 'model.safetensors', 'weights.bin', 'model.onnx'];
    set(
      place,
      file,
      'path',
      others.filter((name) => name !== path),
    );
    set(place, file, 'bytes', [...NO_NUMBERS, 0, 1, 2 ** 32, 2 ** 40, 2 ** 53 - 1]);
    set(place, file, 'sha256', [...NO_TEXTS, '0'.repeat(64), '0'.repeat(63), 'A'.repeat(64), '０'.repeat(64)]);
  }
  const weights = (manifest: Json) => manifest.weights;
  set('weights: ', weights, '0', [...NO_TEXTS, ...TRICKS, 'config.json', 'tokenizer.json', 'README.md', 'model.onnx']);
  edits.push(
    ['a file of weights twice', (manifest) => manifest.weights.push(manifest.weights[0])],
    ['weights that are not listed', (manifest) => manifest.weights.push('model-2.safetensors')],
    ['a file that nothing uses', (manifest) => manifest.files.push({ ...manifest.files[0], path: 'other.bin' })],
    ['a file twice', (manifest) => manifest.files.push(manifest.files[0])],
  );
  return edits.map(([name, edit]) => {
    return { name: `manifest: ${name}`, sums: 'left alone', corrupt: ({ manifest }) => edit(manifest) };
  });
}

/** A vocabulary too large, a network too large, and sizes that are not those of the weights. */
const sizes = (size: number, largest: number) => [...NO_NUMBERS, 0, largest + 1, 2 ** 31, size - 1, size + 1, size * 2];
const NO_FLAGS = [5, 'no', [], {}, 'true'];
const idsBeyond = (vocabulary: number) => [true, '5', 'NaN', {}, -1, 0.5, 2 ** 53, 1e308, vocabulary, 2 ** 32];
const NO_OBJECTS = [true, 5, 'x', [], [[]]];

/** Every field of a BD3-LM's config wrong, one at a time: of the wrong type, too large, or not what the weights are. */
export function wrongBd3lm(folder: Folder): Corruption[] {
  const config = configOf(folder);
  return wrongFields({
    model_type: [...NO_TEXTS, 'gpt2', 'BD3LM', 'llama', 'constructor', '__proto__', undefined],
    vocab_size: [...sizes(config.vocab_size, 2 ** 18), undefined],
    hidden_dim: [...sizes(config.hidden_dim, 2 ** 14), undefined],
    n_blocks: [...sizes(config.n_blocks, 2 ** 8), undefined],
    n_heads: [...NO_NUMBERS, 0, 2 ** 8 + 1, 3, 2 ** 31, undefined],
    model_length: [...NO_NUMBERS, 0, 2 ** 17 + 1, 2 ** 31, undefined],
    block_size: [...NO_NUMBERS, 0, 2 ** 17, 2 ** 31, undefined],
    block_sizes: [true, 5, '', 'x', {}, [], [0], [null], [[3]], [2 ** 20], [3, 3], [5, 3], [4, 5], Array(65).fill(1)],
    causal: [true, ...NO_FLAGS],
    time_conditioning: [true, ...NO_FLAGS],
    adaln: [true, ...NO_FLAGS],
    unmask: [...NO_OBJECTS, null, undefined],
    'unmask.bosId': [...idsBeyond(config.vocab_size), [1]],
    'unmask.maskId': [...idsBeyond(config.vocab_size), [1]],
    'unmask.eosIds': [...idsBeyond(config.vocab_size), [config.vocab_size], [null], [[0]], ['0'], Array(65).fill(0)],
    'unmask.generationEosIds': [...idsBeyond(config.vocab_size), [-1], Array(65).fill(0)],
    'unmask.addsBos': NO_FLAGS,
    'unmask.tiedHead': NO_FLAGS,
    'unmask.mlpSize': sizes(config.unmask.mlpSize, 2 ** 16).filter((size) => size !== null && !Number.isNaN(size)),
  });
}

/** The same of a config as transformers writes it. */
export function wrongSdar(folder: Folder): Corruption[] {
  const config = configOf(folder);
  return wrongFields({
    model_type: ['llama', 'qwen2', 'qwen2_moe'],
    vocab_size: [...sizes(config.vocab_size, 2 ** 18), undefined],
    hidden_size: [...sizes(config.hidden_size, 2 ** 14), undefined],
    intermediate_size: [...sizes(config.intermediate_size, 2 ** 16), undefined],
    num_hidden_layers: [...sizes(config.num_hidden_layers, 2 ** 8), undefined],
    num_attention_heads: sizes(config.num_attention_heads, 2 ** 8),
    num_key_value_heads: [
      ...sizes(config.num_key_value_heads, 2 ** 8).filter((heads) => heads !== null && !Number.isNaN(heads)),
      5,
    ],
    head_dim: [...NO_NUMBERS, 0, 257, 33, 2 ** 31, 34, 64].filter((size) => size !== null && !Number.isNaN(size)),
    max_position_embeddings: [true, '5', [], {}, -1, 0.5, 2 ** 53, 0, 2 ** 17 + 1],
    rms_norm_eps: [true, '5', [], {}, -1, 0, 2, 1e308],
    rope_theta: [true, '5', [], {}, -1, 0, 0.5, 1e13, 1e308],
    rope_parameters: [...NO_OBJECTS, { rope_type: 'yarn' }, { rope_type: 'default', rope_theta: 0 }],
    rope_scaling: [...NO_OBJECTS, { rope_type: 'yarn' }, { type: 'linear', factor: 2 }, { factor: 2 }],
    hidden_act: [true, 5, '', [], {}, 'gelu', 'relu'],
    attention_bias: [true, ...NO_FLAGS],
    use_sliding_window: [true, 1, 'no'],
    layer_types: [['sliding_attention'], ['full_attention', 'linear_attention'], [null, 5]],
    num_experts: [2, 64, true, 'x', {}],
    quantization_config: [{ bits: 4 }, true, 'awq', 5],
    block_size: [true, '5', [], {}, -1, 0.5, 0, 2 ** 17, 2 ** 53],
    mask_token_id: idsBeyond(config.vocab_size),
    eos_token_id: [...idsBeyond(config.vocab_size), [config.vocab_size], [null], [[0]], ['0'], Array(65).fill(0)],
    'unmask.tiedHead': [true, ...NO_FLAGS],
  });
}

function configOf({ files }: Folder): Json {
  return JSON.parse(new TextDecoder().decode(files.get('config.json')));
}

/** A dot is before a field within. */
function wrongFields(values: Readonly<Record<string, readonly unknown[]>>): Corruption[] {
  return Object.entries(values).flatMap(([place, wrong]) =>
    wrong.map((value): Corruption => {
      const name = `config: ${place} is ${String(JSON.stringify(value)).slice(0, 60)}`;
      const [first, within] = place.split('.') as [string, string | undefined];
      const corrupt = changeJson('config.json', (json) => {
        return within === undefined
          ? { ...json, [first]: value }
          : { ...json, [first]: { ...json[first], [within]: value } };
      });
      return { name, sums: 'set right', corrupt };
    }),
  );
}

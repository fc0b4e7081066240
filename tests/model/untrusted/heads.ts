import { type Corruption, changeJson, type Folder, type Json, WEIGHTS, WEIGHTS_GRAPH } from './folder';

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
  '/weights.bin',
  'a\\b',
  'C:\\x',
  'c:x',
  'con',
  'CON',
  'nul.bin',
  'com1.onnx',
  'aux.',
  'weights.bin.',
  'weights.bin ',
  ' weights.bin',
  'weights.bin\n',
  'weights.bin\0',
  '\0',
  'weights.bin?x',
  'weights.bin#x',
  'https://example.org/weights.bin',
  '//example.org/x',
  '%2e%2e%2fx',
  'weights%2ebin',
  'wеights.bin',
  'weights。bin',
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
  set('', top, 'formatVersion', [...NO_NUMBERS, 0, 1, 3]);
  for (const field of ['id', 'name', 'licence']) set('', top, field, NO_TEXTS);
  set('', top, 'parameters', [...NO_NUMBERS, 0]);
  set('', top, 'dtype', [...NO_TEXTS, 'f64', 'f32', 'f16', 'q4', 'constructor', '__proto__']);
  set('', top, 'files', [...NO_LISTS, [], [null], [[]], ['weights.bin'], Array(5000).fill({})]);
  set('', top, 'weights', [...NO_LISTS, [], [null], [[]], [{}], ['weights.bin'], Array(5000).fill({})]);
  for (const [index, { path }] of manifest.files.entries()) {
    const file = (manifest: Json) => manifest.files[index];
    const place = `${path}: `;
    const others = [...NO_TEXTS, ...TRICKS, 'renamed', 'weights.bin', 'model.onnx'];
    set(
      place,
      file,
      'path',
      others.filter((name) => name !== path),
    );
    set(place, file, 'bytes', [...NO_NUMBERS, 0, 1, 2 ** 32, 2 ** 40, 2 ** 53 - 1]);
    set(place, file, 'sha256', [...NO_TEXTS, '0'.repeat(64), '0'.repeat(63), 'A'.repeat(64), '０'.repeat(64)]);
  }
  const part = (manifest: Json) => manifest.weights[0];
  const wrongFiles = [...TRICKS, 'model.onnx', 'config.json', 'tokenizer.json', 'README.md'];
  set('weights: ', part, 'graph', [...NO_TEXTS, ...wrongFiles, WEIGHTS]);
  set('weights: ', part, 'files', [
    ...NO_LISTS,
    ...[[], [null], [[WEIGHTS]], [WEIGHTS, WEIGHTS], [WEIGHTS_GRAPH]],
    ...wrongFiles.map((path) => [WEIGHTS, path]),
  ]);
  edits.push(
    ['a part twice', (manifest) => manifest.weights.push(manifest.weights[0])],
    ['a part without bytes of its own', (manifest) => manifest.weights.push({ graph: 'model.onnx', files: [WEIGHTS] })],
    ['a file that nothing uses', (manifest) => manifest.files.push({ ...manifest.files[0], path: 'other.bin' })],
    ['a file twice', (manifest) => manifest.files.push(manifest.files[0])],
  );
  return edits.map(([name, edit]) => {
    return { name: `manifest: ${name}`, sums: 'left alone', corrupt: ({ manifest }) => edit(manifest) };
  });
}

/** Every field of the config wrong, one at a time: of the wrong type, too large, or not what the weights are. */
export function wrongConfigs({ files }: Folder): Corruption[] {
  const config = JSON.parse(new TextDecoder().decode(files.get('config.json')));
  const values: Record<string, readonly unknown[]> = {
    architecture: [...NO_TEXTS, 'gpt2', 'BD3LM'],
    ropeBase: [...NO_NUMBERS, 0, 1e13],
    normEpsilon: [null, true, '5', [], {}, -1, 0, 2, 1e308, Number.NaN, config.normEpsilon * 2],
    maskId: [...NO_NUMBERS, config.vocabSize, 2 ** 32],
    bosId: [...NO_NUMBERS.filter((value) => value !== null && !Number.isNaN(value)), config.vocabSize],
    eosId: [...NO_NUMBERS.filter((value) => value !== null && !Number.isNaN(value)), config.vocabSize],
    contextLength: [...NO_NUMBERS, 0, 2 ** 17 + 1, 2 ** 31],
    blockSizes: [
      ...NO_LISTS,
      [],
      [0],
      [null],
      [[3]],
      [2 ** 20],
      [3, 3],
      [5, 3],
      Array.from({ length: 65 }, (_, i) => i),
    ],
    defaultBlockSize: [...NO_NUMBERS, 0, 2, 2 ** 17],
    ...Object.fromEntries(
      ['vocabSize', 'hiddenSize', 'mlpSize', 'layers', 'heads'].map((field) => [
        field,
        [...NO_NUMBERS, 0, 2 ** 18 + 1, 2 ** 31, config[field] - 1, config[field] + 1, config[field] * 2],
      ]),
    ),
  };
  return Object.entries(values).flatMap(([field, wrong]) => {
    const set = (value: unknown): Corruption => {
      const name = `config: ${field} is ${String(JSON.stringify(value)).slice(0, 60)}`;
      const corrupt = changeJson('config.json', (json) => ({ ...json, [field]: value }));
      return { name, sums: 'set right', corrupt };
    };
    return [...wrong, undefined].map(set);
  });
}

import { cut, flip } from './bytes';
import { type Corruption, encode, type Folder, type Json, numbers } from './folder';

/** The header of a safetensors file, and the bytes after it. */
interface Parts {
  readonly header: Json;
  readonly data: Uint8Array;
}

function partsOf(file: Uint8Array): Parts {
  const start = 8 + Number(Buffer.from(file).readBigUInt64LE(0));
  return { header: JSON.parse(new TextDecoder().decode(file.subarray(8, start))), data: file.subarray(start) };
}

function joined(header: Uint8Array, data: Uint8Array, length = header.length): Uint8Array {
  const first = Buffer.alloc(8);
  first.writeBigUInt64LE(BigInt(length));
  return Uint8Array.from(Buffer.concat([first, header, data]));
}

/** Flips and cuts in the headers, with lengths and sums set right. A bit of a stored number is only another number. */
export function flippedHeaders({ manifest, files }: Folder): Corruption[] {
  return (manifest.weights as string[]).flatMap((path, index) => {
    const random = numbers(path.length + index);
    const file = files.get(path)!;
    const start = file.length - partsOf(file).data.length;
    return [
      ...Array.from({ length: 64 }, (_, bit) => flip(path, bit >> 3, bit & 7, 'set right')),
      ...Array.from({ length: 120 }, () => flip(path, 8 + random(start - 8), random(8), 'set right')),
      ...Array.from({ length: 30 }, () => cut(path, random(file.length), 'set right')),
    ];
  });
}

type Edit = (header: Json, names: readonly string[]) => Json | undefined;

/** Headers that a person can write, and that are not those of this model. */
export function wrongHeaders({ manifest, files }: Folder): Corruption[] {
  const path: string = manifest.weights[0];
  const { header, data } = partsOf(files.get(path)!);
  const names = Object.keys(header);
  const write = (name: string, file: Uint8Array): Corruption => ({
    name: `${path}: ${name}`,
    sums: 'set right',
    corrupt: ({ files }) => void files.set(path, file),
  });
  const edits = Object.entries(EDITS).map(([name, edit]) => {
    const edited = structuredClone(header);
    return write(name, joined(encode(edit(edited, names) ?? edited), data));
  });
  const fields = Object.entries(WRONG_FIELDS).flatMap(([field, values]) =>
    [...values, undefined].flatMap((value) =>
      [0, names.length - 1].map((at) => {
        const edited = structuredClone(header);
        edited[names[at]!][field] = value;
        return write(
          `${field} of ${names[at]} is ${String(JSON.stringify(value)).slice(0, 60)}`,
          joined(encode(edited), data),
        );
      }),
    ),
  );
  const text = JSON.stringify(header);
  const raw = Object.entries(rawHeaders(text, names)).map(([name, header]) =>
    write(name, joined(typeof header === 'string' ? new TextEncoder().encode(header) : header, data)),
  );
  const json = new TextEncoder().encode(text);
  const lengths = [0, 1, json.length - 1, json.length + 1, json.length + data.length + 1, 2 ** 32, 2 ** 53 - 1].map(
    (length) => write(`a header said to have ${length} bytes`, joined(json, data, length)),
  );
  return [...edits, ...fields, ...raw, ...lengths, ...wrongBytes(path, header, data)];
}

const WRONG_FIELDS: Readonly<Record<string, readonly unknown[]>> = {
  dtype: [
    'I8',
    'BF16',
    'F64',
    'U16',
    'BOOL',
    'F4',
    'f32',
    'u8',
    '',
    'constructor',
    '__proto__',
    null,
    5,
    [],
    {},
    'x'.repeat(1e5),
  ],
  shape: [
    ...[
      null,
      5,
      '5',
      {},
      [],
      [[5]],
      ['5'],
      [-1, 5],
      [0.5, 2],
      [1e308],
      [2 ** 53],
      [2 ** 31, 2 ** 31],
      [0],
      [0, 2 ** 53 - 1],
    ],
    ...[[Number.NaN], Array(1000).fill(1), Array(8).fill(2 ** 10), [1, 1, 1, 1]],
  ],
  data_offsets: [
    ...[null, 5, '0,4', {}, [], [0], [0, 4, 8], [4, 0], [-4, 0], [0, -1], [0.5, 4.5], ['0', '4'], [[0], [4]]],
    ...[
      [0, 2 ** 53],
      [0, 2 ** 53 - 1],
      [2 ** 40, 2 ** 40 + 4],
      [0, 1e308],
      [null, null],
      [0, 1],
      [1, 5],
    ],
  ],
};

const EDITS: Readonly<Record<string, Edit>> = {
  'no tensors': () => ({}),
  'one tensor': (header, [first]) => ({ [first!]: header[first!] }),
  'a tensor less': (header, names) => void delete header[names[2]!],
  'the last tensor less': (header, names) => void delete header[names.at(-1)!],
  'an empty tensor more': (header) => {
    header['other.weight'] = { dtype: 'F32', shape: [0], data_offsets: [0, 0] };
  },
  'a tensor over another': (header, names) => {
    header[names[1]!].data_offsets = header[names[0]!].data_offsets;
  },
  'two places swapped': (header, names) => {
    const [one, other] = [header[names[0]!], header[names[1]!]];
    [one.data_offsets, other.data_offsets] = [other.data_offsets, one.data_offsets];
  },
  'two names swapped': (header, names) => {
    [header[names[0]!], header[names[1]!]] = [header[names[1]!], header[names[0]!]];
  },
  'a list': (header) => Object.values(header),
  ...Object.fromEntries(
    [
      '',
      'other',
      'embedding',
      'embedding.weight',
      'embedding.weight.q4',
      'embedding.weight.q8.1',
      'embedding.weight.q8.0.0',
      'embedding.weight.q8.00',
      'embedding.weight.q8.-1',
      'embedding.weight.q8.1e3',
      'embedding.weight.q8.9999999',
      'EMBEDDING.weight.q8',
      'embedding.weight.q8 ',
      'constructor',
      'toString',
      '__metadata__',
      'x'.repeat(1e5),
    ].map((name): [string, Edit] => [
      `the first tensor is named ${name.slice(0, 30)}`,
      (header, [first]) => {
        const { [first!]: entry, ...others } = header;
        return { [name]: entry, ...others };
      },
    ]),
  ),
  'a hundred thousand tensors': (header) => {
    for (let i = 0; i < 1e5; i++) header[`t${i}`] = { dtype: 'F32', shape: [0], data_offsets: [0, 0] };
  },
};

/** JSON that is none, that others read otherwise, or that takes long. */
function rawHeaders(text: string, [first]: readonly string[]): Record<string, string | Uint8Array> {
  const entry = `"${first}":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}`;
  return {
    'a page': '<!doctype html>',
    nothing: '',
    null: 'null',
    'a text': '"x"',
    'an end less': text.slice(0, -1),
    'something after it': `${text}{}`,
    'zeros after it': `${text}\0\0\0`,
    'a comma more': `${text.slice(0, -1)},}`,
    'a byte order mark': `\ufeff${text}x`,
    'a tensor twice': `${text.slice(0, -1)},${entry}}`,
    'a tensor twice, the first one wrong': `{${entry},${text.slice(1)}`,
    'a tensor twice, spelt otherwise': `${text.slice(0, -1)},${entry.replace(first![0]!, `\\u00${first!.charCodeAt(0).toString(16)}`)}}`,
    'another prototype': `${text.slice(0, -1)},"__proto__":{"dtype":"U8"}}`,
    'a prototype that is nothing': `${text.slice(0, -1)},"__proto__":null}`,
    'a million brackets': '['.repeat(1e6),
    'a hundred thousand braces': '{"a":'.repeat(1e5),
    'two million lists': `{"a":[${'[],'.repeat(2e6)}0]}`,
    'an endless text': `{"${'x'.repeat(1e6)}`,
    'broken UTF-8': Uint8Array.of(0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d),
    'UTF-16': new Uint8Array(Buffer.from(text, 'utf16le')),
    zeros: new Uint8Array(1000),
    NaN: text.replace(/\d+/, 'NaN'),
  };
}

/** Data that is more or less than the tensors, or lies otherwise. */
function wrongBytes(path: string, header: Json, data: Uint8Array): Corruption[] {
  const json = encode(header);
  const last = Object.keys(header).at(-1)!;
  const { [last]: gone, ...others } = header;
  const shifted = structuredClone(header);
  for (const entry of Object.values<Json>(shifted)) entry.data_offsets = entry.data_offsets.map((at: number) => at + 4);
  const files: Record<string, Uint8Array> = {
    'no data': joined(json, new Uint8Array(0)),
    'a byte less': joined(json, data.subarray(1)),
    'a byte more': joined(json, Buffer.concat([data, new Uint8Array(1)])),
    'a KiB more': joined(json, Buffer.concat([data, new Uint8Array(1024)])),
    'a gap at the start': joined(encode(shifted), Buffer.concat([new Uint8Array(4), data])),
    'a tensor less, and its bytes': joined(encode(others), data.subarray(0, gone.data_offsets[0])),
    'a tensor begins at an odd byte': joined(
      Buffer.concat([json, Buffer.from(json.length % 2 === 0 ? ' ' : '  ')]),
      data,
    ),
    'seven bytes': new Uint8Array(7),
    'eight zeros': new Uint8Array(8),
    'no bytes': new Uint8Array(0),
  };
  return Object.entries(files).map(([name, file]) => ({
    name: `${path}: ${name}`,
    sums: 'set right',
    corrupt: ({ files }) => void files.set(path, file),
  }));
}

/** Of a model in several files: parts of a matrix that come twice, in another order, or not at all. */
export function wrongParts({ manifest, files }: Folder): Corruption[] {
  const paths: string[] = manifest.weights;
  const corruption = (name: string, corrupt: Corruption['corrupt']): Corruption => ({
    name,
    sums: 'set right',
    corrupt,
  });
  const rename = (path: string, from: RegExp, to: string) => {
    const { header, data } = partsOf(files.get(path)!);
    const renamed = Object.fromEntries(Object.entries(header).map(([name, entry]) => [name.replace(from, to), entry]));
    return joined(encode(renamed), data);
  };
  const numbered = paths.filter((path) =>
    Object.keys(partsOf(files.get(path)!).header).some((name) => /\.\d$/.test(name)),
  );
  return [
    corruption('weights in another order', ({ manifest }) => void manifest.weights.reverse()),
    corruption('two files of weights swapped', ({ manifest }) => void manifest.weights.push(manifest.weights.shift())),
    corruption('a file of weights less', ({ manifest }) => {
      const path = manifest.weights.pop();
      manifest.files = manifest.files.filter((file: Json) => file.path !== path);
    }),
    ...paths
      .slice(1)
      .map((path, index) =>
        corruption(`${path} is the one before`, ({ files }) => void files.set(path, files.get(paths[index]!)!)),
      ),
    ...numbered.flatMap((path) =>
      [
        ['counts from 1', /\.\d$/, '.1'],
        ['counts to 7', /\.\d$/, '.7'],
        ['is the first', /\.[1-9]$/, '.0'],
        ['is all of it', /\.\d$/, ''],
        ['is of another', /^(embedding|head)\.weight/, 'other.weight'],
      ].flatMap(([name, from, to]) => {
        const file = rename(path, from as RegExp, to as string);
        // Part 1 may be named so already.
        if (Buffer.from(file).equals(rename(path, /$^/, ''))) return [];
        return corruption(`a part in ${path} ${name}`, ({ files }) => void files.set(path, file));
      }),
    ),
  ];
}

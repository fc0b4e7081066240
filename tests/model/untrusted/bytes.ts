import { type Corruption, type Folder, numbers, WEIGHTS } from './folder';

/** Flips, cuts and additions that the lengths and sums of the manifest find. */
export function damagedBytes({ files }: Folder): Corruption[] {
  const random = numbers(1);
  return [...files].flatMap(([path, { length }]) => {
    if (path === 'README.md') return [];
    const flips = Array.from({ length: 20 }, () => flip(path, random(length), random(8), 'left alone'));
    const cuts = Array.from({ length: 10 }, () => cut(path, random(length), 'left alone'));
    const longer = change(`${path} and a byte`, path, 'left alone', (bytes) => [...bytes, 0]);
    return [...flips, ...cuts, longer];
  });
}

/** Files that stand where others should, and JSON that is none, with sums that agree. */
export function misplacedFiles({ files }: Folder): Corruption[] {
  const paths = [...files.keys()].filter((path) => path !== 'README.md');
  const swaps = paths.flatMap((one, index) =>
    paths.slice(index + 1).map((other): Corruption => {
      return {
        name: `${one} and ${other} swapped`,
        sums: 'set right',
        corrupt({ files }) {
          const [first, second] = [files.get(one)!, files.get(other)!];
          files.set(one, second).set(other, first);
        },
      };
    }),
  );
  const jsonFiles = ['manifest.json', ...paths.filter((path) => path.endsWith('.json'))];
  const bombs = jsonFiles.flatMap((path) =>
    // An empty object is as good a config of a tokenizer as none.
    Object.entries(path === 'tokenizer_config.json' ? omitted(NO_JSON, OBJECTS) : NO_JSON).map(
      ([name, text]): Corruption => {
        return {
          name: `${path} is ${name}`,
          sums: 'set right',
          corrupt: ({ files }) => files.set(path, typeof text === 'string' ? new TextEncoder().encode(text) : text),
        };
      },
    ),
  );
  const empty = paths.map((path) => change(`${path} is empty`, path, 'set right', () => []));
  const weights = [1, 3, 4, 64, 4096].flatMap((size) => [
    change(`the weights lack ${size} bytes`, WEIGHTS, 'set right', (bytes) => bytes.slice(0, -size)),
    change(`the weights and ${size} KiB`, WEIGHTS, 'set right', (bytes) => {
      return Buffer.concat([bytes, new Uint8Array(size * 1024)]);
    }),
  ]);
  return [...swaps, ...bombs, ...empty, ...weights];
}

/** Each as big as its file may be, or nearly. */
const NO_JSON: Readonly<Record<string, string | Uint8Array>> = {
  'a million brackets': '['.repeat(1e6),
  'a hundred thousand braces': '{"a":'.repeat(1e5),
  'a million pairs of brackets': `${'['.repeat(5e5)}${']'.repeat(5e5)}`,
  'six million lists': `[${'[],'.repeat(6e6)}0]`,
  'an endless text': `{"model_type":"${'x'.repeat(1e6)}`,
  'a page': '<!doctype html>',
  NaN: 'NaN',
  'a number': '1e308',
  null: 'null',
  'a list': '[]',
  'an object': '{}',
  'another prototype': '{"__proto__":{"formatVersion":3,"model_type":"bd3lm","model":{}}}',
  'broken UTF-8': Uint8Array.of(0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d),
  'UTF-16': Uint8Array.of(0xff, 0xfe, 0x7b, 0, 0x7d, 0),
  zeros: new Uint8Array(1000),
};

const OBJECTS: readonly string[] = ['an object', 'another prototype'];

function omitted<T>(record: Readonly<Record<string, T>>, keys: readonly string[]): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([key]) => !keys.includes(key)));
}

export function flip(path: string, at: number, bit: number, sums: Corruption['sums']): Corruption {
  return change(`bit ${bit} of byte ${at} of ${path}`, path, sums, (bytes) => {
    bytes[at]! ^= 1 << bit;
    return bytes;
  });
}

export function cut(path: string, at: number, sums: Corruption['sums']): Corruption {
  return change(`${path} cut at ${at}`, path, sums, (bytes) => bytes.slice(0, at));
}

function change(
  name: string,
  path: string,
  sums: Corruption['sums'],
  edit: (bytes: Uint8Array) => Iterable<number>,
): Corruption {
  return { name, sums, corrupt: ({ files }) => files.set(path, Uint8Array.from(edit(files.get(path)!.slice()))) };
}

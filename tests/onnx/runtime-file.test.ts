import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterEach, expect, test, vi } from 'vitest';
import { RUNTIME_FILES, RuntimeFile } from '../../src/onnx/runtime-file';

afterEach(() => vi.unstubAllGlobals());

test.each([
  ['cpu', ''],
  ['jspi', '.jspi'],
  ['asyncify', '.asyncify'],
] as const)('the size of %s is that of the installed file, also as gzip packs it', (build, suffix) => {
  const file = readFileSync(`node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded${suffix}.wasm`);
  const { whole, packed } = RUNTIME_FILES[build].size;
  expect(whole).toBe(file.length);
  // Versions of zlib differ a little.
  expect(Math.abs(gzipSync(file).length / packed - 1)).toBeLessThan(0.02);
});

/** Answers every request with a body of these pieces. */
const answering = (...pieces: Uint8Array<ArrayBuffer>[]) => answeringWith({}, ...pieces);

function answeringWith(headers: HeadersInit, ...pieces: Uint8Array<ArrayBuffer>[]) {
  const fetching = vi.fn(
    async () =>
      new Response(
        new ReadableStream({
          start(controller) {
            for (const piece of pieces) controller.enqueue(piece);
            controller.close();
          },
        }),
        { headers },
      ),
  );
  vi.stubGlobal('fetch', fetching);
  return fetching;
}

test('is fetched once for all who ask, and each is told of every piece', async () => {
  const fetching = answering(Uint8Array.of(1, 2), Uint8Array.of(3));
  const file = new RuntimeFile('https://host/x.wasm', { whole: 3, packed: 2 });
  const told: number[][] = [];
  const first = file.bytes();
  file.follow((...bytes) => told.push(bytes));
  expect([...(await first)]).toEqual([1, 2, 3]);
  expect(await file.bytes()).toBe(await first);
  expect(fetching).toHaveBeenCalledTimes(1);
  expect(told).toEqual([
    [0, 3],
    [2, 3],
    [3, 3],
  ]);
  file.follow((...bytes) => told.push(bytes));
  expect(told.at(-1)).toEqual([3, 3]);
});

test.each([
  ['as long as the host says', { 'content-encoding': 'br', 'content-length': '30' }, 30],
  ['as gzip packs it, where the host says nothing', { 'content-encoding': 'gzip' }, 40],
  ['as gzip packs it, where the host says nonsense', { 'content-encoding': 'gzip', 'content-length': '999' }, 40],
  ['whole where it is not compressed', { 'content-length': '100' }, 100],
])('what the connection carries is counted: %s', async (_, headers, carried) => {
  answeringWith(headers, new Uint8Array(25), new Uint8Array(75));
  const file = new RuntimeFile('https://host/x.wasm', { whole: 100, packed: 40 });
  const told: number[][] = [];
  file.follow((...bytes) => told.push(bytes));
  expect(told).toEqual([]);
  await file.bytes();
  expect(told).toEqual([0, 0.25, 1].map((share) => [Math.round(share * carried), carried]));
});

test.each([
  ['less', [1, 2]],
  ['more', [1, 2, 3, 4]],
])('of %s bytes than it should have is refused, and asked for again', async (_, bytes) => {
  answering(Uint8Array.from(bytes));
  const file = new RuntimeFile('https://host/x.wasm', { whole: 3, packed: 2 });
  await expect(file.bytes()).rejects.toMatchObject({ code: 'network' });
  answering(Uint8Array.of(1, 2, 3));
  expect((await file.bytes()).length).toBe(3);
});

import { readFileSync, statSync } from 'node:fs';
import { constants as BROTLI, brotliCompressSync, gzipSync } from 'node:zlib';
import { afterEach, expect, test, vi } from 'vitest';
import { lineBytes, RUNTIME_FILES, RuntimeFile } from '../../src/onnx/runtime-file';

afterEach(() => vi.unstubAllGlobals());

test.each([
  ['cpu', ''],
  ['jspi', '.jspi'],
  ['asyncify', '.asyncify'],
] as const)('the size of %s is that of the installed file', (build, suffix) => {
  const { size } = statSync(`node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded${suffix}.wasm`);
  expect(RUNTIME_FILES[build].totalBytes).toBe(size);
});

test('compression leaves about the share of the files that progress takes it to', () => {
  const bytes = readFileSync('node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm');
  const packed = {
    gzip: gzipSync(bytes),
    br: brotliCompressSync(bytes, { params: { [BROTLI.BROTLI_PARAM_QUALITY]: 4 } }),
  };
  for (const [encoding, { length }] of Object.entries(packed)) {
    expect(Math.abs(lineBytes(new Headers({ 'content-encoding': encoding }), bytes.length) / length - 1)).toBeLessThan(
      0.05,
    );
  }
});

test.each([
  ['not compressed', {}, 1000],
  ['not compressed, by name', { 'content-encoding': 'identity', 'content-length': '1000' }, 1000],
  ['compressed to so many bytes', { 'content-encoding': 'br', 'content-length': '320' }, 320],
  ['compressed to nobody says how many', { 'content-encoding': 'zstd' }, 250],
])('an answer that is %s takes so much of the line', (_, headers: Record<string, string>, bytes) => {
  expect(lineBytes(new Headers(headers), 1000)).toBe(bytes);
});

/** Answers every request with a body of these pieces. */
function answering(...pieces: Uint8Array<ArrayBuffer>[]) {
  return answeringWith({}, ...pieces);
}

function answeringWith(headers: Record<string, string>, ...pieces: Uint8Array<ArrayBuffer>[]) {
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
  const file = new RuntimeFile('https://host/x.wasm', 3);
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
  expect(told.at(-1)).toEqual([0, 0]);
});

test('of a compressed answer the bytes of the line are counted', async () => {
  answeringWith({ 'content-encoding': 'gzip', 'content-length': '30' }, new Uint8Array(40), new Uint8Array(60));
  const file = new RuntimeFile('https://host/x.wasm', 100);
  const told: number[][] = [];
  file.follow((...bytes) => told.push(bytes));
  expect(told).toEqual([]);
  await file.bytes();
  expect(told).toEqual([
    [0, 30],
    [12, 30],
    [30, 30],
  ]);
});

test.each([
  ['less', [1, 2]],
  ['more', [1, 2, 3, 4]],
])('of %s bytes than it should have is refused, and asked for again', async (_, bytes) => {
  answering(Uint8Array.from(bytes));
  const file = new RuntimeFile('https://host/x.wasm', 3);
  await expect(file.bytes()).rejects.toMatchObject({ code: 'network' });
  answering(Uint8Array.of(1, 2, 3));
  expect((await file.bytes()).length).toBe(3);
});

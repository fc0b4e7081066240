import { statSync } from 'node:fs';
import { afterEach, expect, test, vi } from 'vitest';
import { RUNTIME_FILES, RuntimeFile } from '../../src/onnx/runtime-file';

afterEach(() => vi.unstubAllGlobals());

test.each([
  ['cpu', ''],
  ['jspi', '.jspi'],
  ['asyncify', '.asyncify'],
] as const)('the size of %s is that of the installed file', (build, suffix) => {
  const { size } = statSync(`node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded${suffix}.wasm`);
  expect(RUNTIME_FILES[build].totalBytes).toBe(size);
});

/** Answers every request with a body of these pieces. */
function answering(...pieces: Uint8Array<ArrayBuffer>[]) {
  const fetching = vi.fn(
    async () =>
      new Response(
        new ReadableStream({
          start(controller) {
            for (const piece of pieces) controller.enqueue(piece);
            controller.close();
          },
        }),
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
  expect(told.at(-1)).toEqual([3, 3]);
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

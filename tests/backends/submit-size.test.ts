import { expect, test } from 'vitest';
import { FRAME_MS, FrameSize } from '../../src/backends/webgpu/submit-size';

/** Notes a submission of as many passes as the size asks for, which took the GPU so long. */
const submit = (size: FrameSize, milliseconds: number) => size.took(size.passes, milliseconds);

test('one pass is submitted until it is known what that takes', () => {
  expect(new FrameSize().passes).toBe(1);
});

test('as many passes as fit into a frame', () => {
  const size = new FrameSize();
  submit(size, FRAME_MS / 4);
  expect(size.passes).toBe(4);
});

test('of answers that come together the later ones do not count as passes that took no time', () => {
  const size = new FrameSize();
  for (let pair = 0; pair < 8; pair++) {
    const before = size.passes;
    size.took(before, FRAME_MS * 2 * before);
    size.took(before, 0);
  }
  expect(size.passes).toBe(1);
});

test('a hiccup does not make submissions smaller, and a GPU that stays slow does', () => {
  const size = new FrameSize();
  submit(size, FRAME_MS / 10);
  submit(size, FRAME_MS * 10);
  expect(size.passes).toBe(9);
  for (let i = 0; i < 40; i++) size.took(1, FRAME_MS);
  expect(size.passes).toBe(1);
});

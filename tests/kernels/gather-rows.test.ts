import { expect, it } from 'vitest';
import { gatherRows } from '../../src/kernels/gather-rows';
import { download, runKernels, upload } from './device-arrays';
import { kernelDevice } from './kernel-device';
import { randomArray } from './numbers';

const { pipelines, buffers } = await kernelDevice();

it.each([1, 64, 100])('picks rows of %i columns in the asked order, one of them twice', async (columns) => {
  const { device } = pipelines;
  const x = randomArray(7 * columns, columns);
  const picks = [6, 0, 3, 0];
  const y = buffers.storage('y', picks.length * columns * 4);
  const slices = {
    picks: upload(device, buffers, 'picks', Uint32Array.from(picks)),
    x: upload(device, buffers, 'x', x),
    y,
  };
  runKernels(device, [gatherRows(pipelines, 'gather', { columns }, slices), picks.length]);
  const expected = picks.flatMap((row) => [...x.subarray(row * columns, (row + 1) * columns)]);
  expect([...new Float32Array(await download(device, buffers, y))].slice(0, expected.length)).toEqual(expected);
});

import { expect, it, vi } from 'vitest';
import { createWebgpuBackend } from '../../src/backends/webgpu/webgpu-backend';
import { testGpu } from '../gpu';
import { tinyModel } from './tiny-model';

it('a load counts its pipelines, and those for long prompts are there before one comes', async () => {
  const gpu = await testGpu();
  const source = await tinyModel('q8');
  const config = { ...source.config, contextLength: 40 };
  const together = vi.spyOn(gpu.device, 'createComputePipelineAsync');
  const onTheSpot = vi.spyOn(gpu.device, 'createComputePipeline');
  const told: [done: number, total: number][] = [];
  let ofLoad = 0;
  const onCompiled = (done: number, total: number) => {
    told.push([done, total]);
    ofLoad = together.mock.calls.length;
  };
  // As on a GPU: a software adapter compiles what is for long prompts when one comes.
  const backend = await createWebgpuBackend({ ...source, config }, { ...gpu, software: false }, { onCompiled });
  const total = told.length - 1;
  expect(total).toBeGreaterThan(5);
  expect(told).toEqual(Array.from({ length: total + 1 }, (_, done) => [done, total]));

  const afterTheLoad = together.mock.results.slice(ofLoad);
  expect(afterTheLoad.length).toBeGreaterThan(2);
  await Promise.all(afterTheLoad.map(({ value }) => value));
  together.mockClear();
  onTheSpot.mockClear();
  backend.begin(4);
  await backend.prefill(Array<number>(36).fill(3));
  expect(together).not.toHaveBeenCalled();
  expect(onTheSpot).not.toHaveBeenCalled();
  backend.dispose();
});

import { expect, it } from 'vitest';
import { chooseLanes, measureLanes } from '../../src/backends/webgpu/choose-lanes';
import { Pipelines } from '../../src/gpu/kernel';
import { testGpu } from '../gpu';

it('one lane on a software adapter, by rule and by the clock', async () => {
  const { device, software } = await testGpu();
  expect(software).toBe(true);
  const pipelines = new Pipelines(device);
  expect(await measureLanes(pipelines)).toBe(1);
  expect(await chooseLanes(pipelines, software)).toBe(1);
});

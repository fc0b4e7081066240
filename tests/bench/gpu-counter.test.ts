import { afterEach, expect, it } from 'vitest';
import { DispatchCapture } from '../../bench/page/dispatch-capture';
import { GpuCounter } from '../../bench/page/gpu-counter';
import { Buffers } from '../../src/gpu/buffers';
import { type Kernel, Pipelines } from '../../src/gpu/kernel';
import { readBack } from '../../src/gpu/readback';
import { testGpu } from '../gpu';

const wgsl = `
@group(0) @binding(0) var<storage, read_write> y: array<u32>;
@compute @workgroup_size(1) fn count_up(@builtin(workgroup_id) id: vec3u) { y[id.x] += 1; }`;

let stop = () => {};
afterEach(() => stop());

async function counting() {
  const { device } = await testGpu();
  const counter = new GpuCounter();
  const capture = new DispatchCapture();
  const buffers = new Buffers(device);
  stop = () => {
    capture.stop();
    counter.stop();
    buffers.dispose();
  };
  const y = buffers.storage('few.y', 64);
  const kernel = new Pipelines(device).bind('layer0.up', { stem: 'count-up', wgsl }, {}, [y], (rows) => [rows]);
  return { device, counter, capture, buffers, y, kernel };
}

function dispatch(device: GPUDevice, kernel: Kernel, ...rows: number[]): void {
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  for (const each of rows) kernel.encode(pass, each);
  pass.end();
  device.queue.submit([encoder.finish()]);
}

it('counts submissions, dispatches, waits and bytes read', async () => {
  const { device, counter, buffers, y, kernel } = await counting();
  const target = buffers.readback('target', 64);
  counter.take();
  dispatch(device, kernel, 3, 2);
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(y.buffer, 0, target.buffer, 0, 64);
  device.queue.submit([encoder.finish()]);
  const numbers = new Uint32Array(await readBack(device, target, 12));
  expect([...numbers]).toEqual([2, 2, 1]);
  await device.queue.onSubmittedWorkDone();
  expect(counter.take()).toEqual({ submits: 2, dispatches: 2, waits: 2, readbackBytes: 12 });
  expect(counter.take()).toEqual({ submits: 0, dispatches: 0, waits: 0, readbackBytes: 0 });
});

it('follows the bytes that are allocated', async () => {
  const { counter, buffers } = await counting();
  expect(counter.liveBytes).toBe(64);
  const { buffer } = buffers.storage('more', 1_024);
  expect(counter.liveBytes).toBe(1_088);
  buffer.destroy();
  buffer.destroy();
  buffers.storage('less', 256);
  expect([counter.liveBytes, counter.peakBytes]).toEqual([320, 1_088]);
  buffers.dispose();
  expect(counter.liveBytes).toBe(0);
});

it('gives WebGPU its methods back', async () => {
  const { device } = await testGpu();
  const { submit } = GPUQueue.prototype;
  const { counter } = await counting();
  expect(GPUQueue.prototype.submit).not.toBe(submit);
  stop();
  expect(GPUQueue.prototype.submit).toBe(submit);
  device.queue.submit([]);
  expect(counter.take().submits).toBe(0);
});

it('takes dispatches as they are encoded, with what they bind', async () => {
  const { device, capture, kernel } = await counting();
  capture.take();
  dispatch(device, kernel, 3, 2);
  const dispatches = capture.take();
  expect(dispatches).toMatchObject([
    { label: 'layer0.up', workgroups: [3], buffers: [{ label: 'few.y', bytes: 64 }] },
    { label: 'layer0.up', workgroups: [2] },
  ]);
});

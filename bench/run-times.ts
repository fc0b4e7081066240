/**
 * Prints how long the kernels of a model run beside those of another checkout, a second worktree of git's for example, on
 * one device and in turns:
 *
 *     [node scripts/lavapipe.mjs] node scripts/run.mjs bench/run-times.ts <folder of the checkout> [lanes [kernels]]
 *
 * CPU ms of all threads, which suits software drivers: they run shaders in this process, and other work on the machine
 * changes that less than the clock. A ratio below 1 says that the kernels of this checkout are faster.
 * `kernels` is a regular expression for `16 layer.attention` and the like.
 */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { findAdapter, openDevice } from '../src/gpu/device';
import type { Lanes } from '../src/kernels/lanes';
import { openModelFolder } from '../src/library/model-folder';
import { nodeGpu } from '../src/library/node-gpu';
import type { ModelSource } from '../src/model/source/model-source';
import { type Dispatch, DispatchCapture } from './page/dispatch-capture';

const MODEL = 'public/models/stories';

/** Rows of the passes: a token, a block, and a prompt. */
const ROWS = [1, 16, 160];

/** Turns of each, of which the shortest counts, as other work only ever adds to one; and the least of a turn, CPU ms. */
const TURNS = 15;
const LEAST_MS = 20;

type Groups = ReadonlyMap<string, readonly Dispatch[]>;

/** Every dispatch of passes over a full context by the kernels of a checkout, by what it is for. */
async function dispatchesOf(root: string, source: ModelSource, device: GPUDevice, lanes: Lanes): Promise<Groups> {
  const from = (path: string) => import(/* @vite-ignore */ pathToFileURL(resolve(root, 'src', path)).href);
  const [{ DeviceNetwork }, { networkWeights }, { Buffers }, { Pipelines }, { loadGpuWeights }]: [
    typeof import('../src/backends/webgpu/device-network'),
    typeof import('../src/backends/webgpu/weights'),
    typeof import('../src/gpu/buffers'),
    typeof import('../src/gpu/kernel'),
    typeof import('../src/onnx/gpu-weights'),
  ] = await Promise.all([
    from('backends/webgpu/device-network.ts'),
    from('backends/webgpu/weights.ts'),
    from('gpu/buffers.ts'),
    from('gpu/kernel.ts'),
    from('onnx/gpu-weights.ts'),
  ]);
  const { config } = source;
  const buffers = new Buffers(device);
  const stored = await loadGpuWeights(source, device, buffers);
  const weights = networkWeights(stored, config.network, { device, buffers, lanes });
  const pipelines = new Pipelines(device);
  const network = new DeviceNetwork({ pipelines, buffers, config, weights, lanes, cacheDtype: 'f32' });
  network.takeManyRows(network.manyRows(buffers, network.mostRows));
  const capture = new DispatchCapture();
  const all = new Map<string, readonly Dispatch[]>();
  for (const rows of ROWS) {
    const { contextLength: ring, maskId } = config;
    const settings = { rows, position: 2 * ring - rows, blockSize: rows, ring, seen: [] };
    const drawn = { ...settings, seed: 1, passNumber: 1, temperature: 1, topP: 0.9 };
    const picks = Array.from({ length: Math.min(rows, 16) }, (_, row) => row);
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    network.encodeTrunk(device, pass, { ids: Array<number>(rows).fill(maskId), settings: drawn });
    network.encodeHead(device, pass, picks, drawn);
    network.sampler.encode(pass, picks.length);
    pass.end();
    device.queue.submit([encoder.finish()]);
    await device.queue.onSubmittedWorkDone();
    for (const dispatch of capture.take()) {
      const name = `${rows} ${dispatch.label.replace(/^layer\d+/, 'layer')}`;
      all.set(name, [...(all.get(name) ?? []), dispatch]);
    }
  }
  capture.stop();
  return all;
}

const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;

/** CPU ms of so many rounds of the dispatches. */
async function cpuMs(device: GPUDevice, dispatches: readonly Dispatch[], rounds: number): Promise<number> {
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  for (let round = 0; round < rounds; round++) {
    for (const { pipeline, bindGroup, workgroups } of dispatches) {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, bindGroup);
      pass.dispatchWorkgroups(...workgroups);
    }
  }
  pass.end();
  const start = process.cpuUsage();
  device.queue.submit([encoder.finish()]);
  await device.queue.onSubmittedWorkDone();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

const [root = '', lanesArgument = '1', kernels = ''] = process.argv.slice(2);
const lanes: Lanes = lanesArgument === '8' ? 8 : 1;
const source = await openModelFolder(MODEL);
const { device, adapter } = await openDevice(await findAdapter(await nodeGpu()));
const before = await dispatchesOf(root, source, device, lanes);
const after = await dispatchesOf('.', source, device, lanes);
console.log(`${adapter}, ${lanes} lanes`);
console.log(
  [line(['rows', 'kernel', 'CPU ms before', 'after', 'ratio']), line(Array<string>(5).fill('---'))].join('\n'),
);
for (const [name, ours] of after) {
  const theirs = before.get(name);
  if (!theirs || !new RegExp(kernels).test(name)) continue;
  const once = Math.max(await cpuMs(device, theirs, 1), 0.01);
  const rounds = Math.max(1, Math.ceil(LEAST_MS / once));
  await cpuMs(device, ours, rounds);
  const least = { before: Number.POSITIVE_INFINITY, after: Number.POSITIVE_INFINITY };
  for (let turn = 0; turn < TURNS; turn++) {
    least.before = Math.min(least.before, await cpuMs(device, theirs, rounds));
    least.after = Math.min(least.after, await cpuMs(device, ours, rounds));
  }
  const each = (ms: number) => (ms / rounds / ours.length).toFixed(3);
  const [rows, kernel] = name.split(' ') as [string, string];
  console.log(line([rows, kernel, each(least.before), each(least.after), (least.after / least.before).toFixed(2)]));
}
// Dawn would keep the process alive.
process.exit(0);

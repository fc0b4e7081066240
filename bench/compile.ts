/**
 * Prints how long each pipeline of a model takes to compile, cold, over each of the drivers that VK_ICD_FILENAMES names
 * in turn, separated by colons:
 *
 *     node scripts/run.mjs bench/compile.ts <driver.json:driver.json …> [lanes]
 *
 * CPU seconds of all threads, which other work on the machine changes less than the clock's; a pipeline is created on a
 * device of its own and dispatched once, as some drivers compile only then. Mesa's cache on disk is off.
 */
import { spawnSync } from 'node:child_process';
import { findAdapter, openDevice } from '../src/gpu/device';
import type { Lanes } from '../src/kernels/lanes';
import { openModelFolder } from '../src/library/model-folder';
import { nodeGpu } from '../src/library/node-gpu';
import { type RecordedPipeline, recordPipelines } from './record-pipelines';

const MODEL = 'public/models/stories';

interface Measured {
  readonly adapter: string;
  readonly pipelines: readonly { readonly name: string; readonly stem: string; readonly seconds: number }[];
}

/** Of the process, all its threads. */
function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Compiles one pipeline on a new device and dispatches it over buffers of zeros: a pass without rows. */
async function compileSeconds({ source, constants, buffers }: RecordedPipeline): Promise<number> {
  const { device } = await openDevice(await findAdapter(await nodeGpu()));
  const usage = GPUBufferUsage.UNIFORM | GPUBufferUsage.STORAGE;
  const zeros = buffers.map(() => device.createBuffer({ size: 65_536, usage }));
  const module = device.createShaderModule({ code: source.wgsl });
  const compute = { module, entryPoint: source.stem.replaceAll('-', '_'), constants };
  const start = cpuSeconds();
  const pipeline = await device.createComputePipelineAsync({ layout: 'auto', compute });
  const layout = pipeline.getBindGroupLayout(0);
  const entries = zeros.map((buffer, binding) => ({ binding, resource: { buffer } }));
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, device.createBindGroup({ layout, entries }));
  pass.dispatchWorkgroups(1);
  pass.end();
  device.queue.submit([encoder.finish()]);
  await device.queue.onSubmittedWorkDone();
  const seconds = cpuSeconds() - start;
  device.destroy();
  return seconds;
}

/** The first device of a process starts the driver, which is no pipeline's time. */
const WARM: RecordedPipeline = {
  name: 'warm',
  source: { stem: 'warm', wgsl: '@compute @workgroup_size(1) fn warm() {}' },
  constants: {},
  buffers: [],
  workgroups: () => [1],
};

async function measure(lanes: Lanes): Promise<Measured> {
  const { device, adapter, software } = await openDevice(await findAdapter(await nodeGpu()));
  const { config } = await openModelFolder(MODEL);
  const choices = { lanes, cacheDtype: software ? 'f32' : 'f16', dtype: 'q8' } as const;
  await compileSeconds(WARM);
  const pipelines = [];
  for (const recorded of recordPipelines(device, config, choices)) {
    const seconds = await compileSeconds(recorded);
    pipelines.push({ name: recorded.name, stem: recorded.source.stem, seconds });
  }
  return { adapter, pipelines };
}

/** In a process of its own, as a process has one driver. */
function measureOver(driver: string, lanes: Lanes): Measured {
  const { stdout, status } = spawnSync('node', ['scripts/run.mjs', 'bench/compile.ts', 'one', String(lanes)], {
    env: { ...process.env, VK_ICD_FILENAMES: driver, MESA_SHADER_CACHE_DISABLE: 'true' },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) throw new Error(`${driver}: status ${status}`);
  return JSON.parse(stdout.slice(stdout.indexOf('{')));
}

function table(measured: readonly Measured[]): string {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`;
  const total = ({ pipelines }: Measured) => pipelines.reduce((sum, { seconds }) => sum + seconds, 0);
  const rows = measured[0]!.pipelines.map(({ name, stem }, index) =>
    line([name, stem, ...measured.map(({ pipelines }) => pipelines[index]!.seconds.toFixed(2))]),
  );
  const head = ['first taken by', 'shader', ...measured.map(({ adapter }) => adapter)];
  return [
    line(head),
    line(head.map(() => '---')),
    ...rows,
    line(['all', '', ...measured.map((of) => total(of).toFixed(1))]),
    '',
  ].join('\n');
}

const [drivers = '', lanes = '1'] = process.argv.slice(2);
const chosen: Lanes = lanes === '8' ? 8 : 1;
if (drivers === 'one') process.stdout.write(JSON.stringify(await measure(chosen)));
else process.stdout.write(table(drivers.split(':').map((driver) => measureOver(driver, chosen))));
// Dawn would keep the process alive.
process.exit(0);

import { afterAll, beforeAll, it } from 'vitest';
import { Buffers } from '../../src/gpu/buffers';
import { Pipelines } from '../../src/gpu/kernel';
import { prefillAttention } from '../../src/kernels/prefill-attention';
import { testGpu } from '../gpu';
import { ATTENTION_CASES, type Attend, expectAttention } from './attention-cases';

let pipelines: Pipelines;
let buffers: Buffers;
beforeAll(async () => {
  const { device } = await testGpu();
  pipelines = new Pipelines(device);
  buffers = new Buffers(device);
});
afterAll(() => buffers.dispose());

const attend: Attend = (shape, inputs) => [prefillAttention(pipelines, 'attention', shape, inputs)];

it.each(ATTENTION_CASES)('prefill attention: %s', async (_, shape) => {
  await expectAttention(pipelines.device, buffers, shape, attend, 1);
});

it('scores far apart', async () => {
  const shape = { rows: 72, position: 0, blockSize: 4, ring: 72, heads: 1, headSize: 16 };
  await expectAttention(pipelines.device, buffers, shape, attend, 300);
});

import { it } from 'vitest';
import { prefillAttention } from '../../src/kernels/prefill-attention';
import { ATTENTION_CASES, type Attend, expectAttention } from './attention-cases';
import { kernelDevice } from './kernel-device';

const { pipelines, buffers } = await kernelDevice();

const attend: Attend = (shape, inputs) => [prefillAttention(pipelines, 'attention', shape, inputs)];

it.each(ATTENTION_CASES)('prefill attention: %s', async (_, shape) => {
  await expectAttention(pipelines.device, buffers, shape, attend, 1);
});

/** A wrapped ring, an odd half head, and rows in several blocks. */
const HALVES = ATTENTION_CASES.filter(([name]) => /wrapped|single rows|among/.test(name));

it.each(HALVES)('prefill attention over an f16 cache: %s', async (_, shape) => {
  await expectAttention(pipelines.device, buffers, shape, attend, 1, 'f16');
});

it.each([16, 32, 64, 80, 96])('heads of %i', async (headSize) => {
  const shape = { rows: 5, position: 61, blockSize: 1, ring: 66, heads: 3, kvHeads: 1, headSize };
  await expectAttention(pipelines.device, buffers, shape, attend, 1);
});

it('scores far apart', async () => {
  const shape = { rows: 72, position: 0, blockSize: 4, ring: 72, heads: 4, kvHeads: 4, headSize: 16 };
  await expectAttention(pipelines.device, buffers, shape, attend, 300);
});

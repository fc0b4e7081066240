import { expect, it } from 'vitest';
import { fewestBytes, type PassShape } from '../../bench/page/fewest-bytes';

/** 2 of 32 rows, 16 of 64 slots. */
const SHAPE: PassShape = { rows: 2, slots: 16, capacity: 32, contextLength: 64, vocabSize: 100 };

it.each([
  [
    'weights whole, activations by rows',
    'layer0.mlp.up',
    { 'layers.0.mlp.up.weight.q8': 1_000, 'few.h': 320, 'few.up': 640 },
    1_000 + 20 + 40,
  ],
  ['rows of the embedding', 'embedding', { 'embedding.weight.q8': 5_000, 'few.ids': 128, 'few.x': 330 }, 100 + 8 + 20],
  ['keys that are seen', 'layer3.attention', { 'layer3.attention.keys': 640, 'few.q': 320 }, 160 + 20],
  [
    'keys that are written',
    'layer3.attention.qkv',
    { 'layer3.attention.keys': 640, 'attention.ropeTable': 64 },
    20 + 2,
  ],
  ['chunks of slots', 'layer3.attention.merge', { 'attention.sums': 6_400, 'few.h': 320 }, 100 + 20],
  ['logits by rows', 'head.logits', { 'head.weight.q8': 1_000, 'head.logits': 3_200 }, 1_000 + 200],
  ['nothing of what the sampler notes', 'head.sample', { 'head.logits': 3_200, 'head.candidates': 640 }, 200],
])('counts %s', (_, label, sizes, bytes) => {
  const buffers = Object.entries(sizes).map(([label, bytes]) => ({ label, bytes }));
  expect(fewestBytes({ label, buffers }, SHAPE)).toBe(bytes);
});

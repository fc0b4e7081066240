import { expect, test } from 'vitest';
import { notes, verdict } from '../../src/ui/race/verdict';
import { DEFAULT_SETTINGS, generateSettings } from '../../src/ui/settings/settings';
import { newStory, type Story } from '../../src/ui/story/story';
import type { PolicyName } from '../../src/worker/protocol';

const MODEL = {
  blockSizes: [1, 4, 8, 16, 32],
  defaultBlockSize: 8,
  origin: { type: 'embedded' },
  decoding: { policy: 'confidence', threshold: 0.9 },
} as const;

interface Ran {
  readonly blockSize: number;
  readonly steps?: number;
  readonly policy?: PolicyName;
  readonly tokens?: number;
  readonly nfe: number;
  readonly seconds: number;
}

/** A finished racer. */
function racer({ blockSize, steps = blockSize, policy = 'confidence', tokens = 60, nfe, seconds }: Ran): Story {
  const settings = generateSettings({ ...DEFAULT_SETTINGS, blockSize, steps, policy, maxTokens: 60 }, MODEL);
  const token = { id: 1, text: 'a', state: 'committed', probability: 1, step: 0 } as const;
  const written = Array.from({ length: tokens }, () => token);
  const blocks = [{ tokens: written, start: written, pinned: 0, beyond: [], steps: 1, committed: true }];
  return { ...newStory(settings, null), phase: 'finished', reason: 'length', blocks, nfe, seconds };
}

const single = racer({ blockSize: 1, nfe: 120, seconds: 9.84 });
const blocks = racer({ blockSize: 16, steps: 8, nfe: 61, seconds: 4.1 });

test('the faster one first, with passes and seconds of both', () => {
  const said =
    'Blocks of 16 were done in 61 passes and 4.1 s, one token at a time took 120 passes and 9.8 s: 2.4 times as fast, on this device.';
  expect(verdict([single, blocks])).toBe(said);
  expect(verdict([blocks, single])).toBe(said);
});

test('the reverse is said as plainly', () => {
  const quick = racer({ blockSize: 1, nfe: 120, seconds: 2.05 });
  expect(verdict([quick, blocks])).toBe(
    'One token at a time was done in 120 passes and 2.0 s, blocks of 16 took 61 passes and 4.1 s: 2.0 times as fast, on this device.',
  );
  expect(notes([quick, blocks], 'wasm')[0]).toMatch(/^Fewer passes did not help: on a CPU/);
  expect(notes([quick, blocks], 'webgpu')[0]).toMatch(/^Fewer passes did not help: here/);
  expect(notes([single, blocks], 'wasm').join()).not.toContain('did not help');
});

test('a few per cent are no victory', () => {
  const close = racer({ blockSize: 1, nfe: 120, seconds: 4.2 });
  expect(verdict([close, blocks])).toContain(': as good as equal, on this device.');
  const instant = [racer({ blockSize: 1, nfe: 0, seconds: 0 }), racer({ blockSize: 4, nfe: 0, seconds: 0 })] as const;
  expect(verdict(instant)).toContain('as good as equal');
});

test('texts of different lengths are compared by the second', () => {
  const short = racer({ blockSize: 16, steps: 8, tokens: 30, nfe: 31, seconds: 2 });
  expect(verdict([single, short])).toBe(
    'Blocks of 16 wrote 30 tokens in 31 passes and 2.0 s, one token at a time 60 tokens in 120 passes and 9.8 s: 2.5 times as many tokens a second, on this device.',
  );
});

test('racers with the same block size are told apart by their pace, and twins by their place', () => {
  const slow = racer({ blockSize: 16, steps: 16, nfe: 100, seconds: 8.2 });
  expect(verdict([slow, blocks])).toBe(
    'Blocks of 16 (most confident first, 8 steps) were done in 61 passes and 4.1 s, blocks of 16 (most confident first, 16 steps) took 100 passes and 8.2 s: 2.0 times as fast, on this device.',
  );
  const twin = racer({ blockSize: 16, steps: 8, nfe: 61, seconds: 8.2 });
  expect(verdict([twin, blocks])).toMatch(/^The second was done in 61 passes and 4.1 s, the first took 61/);
});

test('what was measured of such texts is said where it is known of both', () => {
  expect(notes([single, blocks], 'webgpu')).toEqual([
    'Read both: such texts were measured at perplexities of about 3.1 and 5.1; less reads smoother.',
  ]);
  const sure = racer({ blockSize: 16, policy: 'threshold', nfe: 61, seconds: 4.1 });
  expect(notes([single, sure], 'webgpu')).toEqual([]);
});

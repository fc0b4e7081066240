import { expect, test } from 'vitest';
import { POLICY_NAMES, type PolicyName } from '../../src/library/models';
import { notes, verdict, winnerOf } from '../../src/ui/race/verdict';
import { DEFAULT_SETTINGS, generateSettings } from '../../src/ui/settings/settings';
import { newStory, type Story } from '../../src/ui/story/story';

const MODEL = {
  blockSizes: [1, 4, 8, 16, 32],
  defaultBlockSize: 8,
  policies: POLICY_NAMES,
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

const CPU = { backend: 'wasm', adapter: 'x', origin: MODEL.origin } as const;
const GPU = { backend: 'webgpu', adapter: 'x', origin: MODEL.origin } as const;

const single = racer({ blockSize: 1, nfe: 120, seconds: 9.84 });
const blocks = racer({ blockSize: 16, steps: 8, nfe: 61, seconds: 4.1 });

test('the faster one first, with the seconds of both', () => {
  const said = 'Blocks of 16 won: 4.1 s against 9.8 s (2.4× faster).';
  expect(verdict([single, blocks])).toBe(said);
  expect(verdict([blocks, single])).toBe(said);
  expect([winnerOf([single, blocks]), winnerOf([blocks, single])]).toEqual([1, 0]);
});

test('the reverse is said as plainly', () => {
  const quick = racer({ blockSize: 1, nfe: 120, seconds: 2.05 });
  expect(verdict([quick, blocks])).toBe('One at a time won: 2.0 s against 4.1 s (2.0× faster).');
  // 4.1 s / 61 against 2.05 s / 120.
  expect(notes([quick, blocks], CPU)[0]).toBe(
    'Fewer passes did not help: on this CPU each of them took 3.9 times as long.',
  );
  expect(notes([quick, blocks], GPU)[0]).toBe('Fewer passes did not help: here each of them took 3.9 times as long.');
  expect(notes([single, blocks], CPU).join()).not.toContain('did not help');
});

test('a few per cent are no victory', () => {
  const close = racer({ blockSize: 1, nfe: 120, seconds: 4.2 });
  expect(verdict([close, blocks])).toBe('A tie: blocks of 16 took 4.1 s, one at a time 4.2 s.');
  const instant = [racer({ blockSize: 1, nfe: 0, seconds: 0 }), racer({ blockSize: 4, nfe: 0, seconds: 0 })] as const;
  expect(verdict(instant)).toContain('A tie');
  expect([winnerOf([close, blocks]), winnerOf(instant)]).toEqual([null, null]);
});

test('texts of different lengths are compared by the second', () => {
  const short = racer({ blockSize: 16, steps: 8, tokens: 30, nfe: 31, seconds: 2 });
  expect(verdict([single, short])).toBe('Blocks of 16 won: 15.0 against 6.10 tokens a second (2.5× faster).');
});

test('racers with the same block size are told apart by their pace, and twins by their place', () => {
  const slow = racer({ blockSize: 16, steps: 16, nfe: 100, seconds: 8.2 });
  expect(verdict([slow, blocks])).toBe(
    'Blocks of 16 (most confident first, 8 steps) won: 4.1 s against 8.2 s (2.0× faster).',
  );
  const twin = racer({ blockSize: 16, steps: 8, nfe: 61, seconds: 8.2 });
  expect(verdict([twin, blocks])).toBe('The second won: 4.1 s against 8.2 s (2.0× faster).');
});

test('what was measured of such texts is said where it is known of both, and of this model only', () => {
  const said = 'Read both: texts like these measured perplexities of about 3.1 and 5.1; lower reads more smoothly.';
  expect(notes([single, blocks], GPU)).toEqual([said]);
  const sure = racer({ blockSize: 16, policy: 'threshold', nfe: 61, seconds: 4.1 });
  expect(notes([single, sure], GPU)).toEqual([]);
  const other = { backend: 'webgpu', adapter: 'x', origin: { type: 'url', url: 'https://example.org/' } } as const;
  expect(notes([single, blocks], other)).toEqual([]);
});

import { expect, test } from 'vitest';
import { DEFAULT_SETTINGS, generateSettings, POLICIES, parseSettings, RANGES } from '../../src/ui/settings/settings';
import { differenceOf, linkHash, readLink, type TextSettings, textSettings } from '../../src/ui/share/link';
import { INFO } from '../worker/scripted-model';
import { randomNumbers } from './random-numbers';

const ORIGIN = { digest: '0123456789ab', device: 'wasm' };
const DEFAULTS = textSettings(DEFAULT_SETTINGS);

const CHANGES: readonly Partial<TextSettings>[] = [
  {},
  { title: 'The Fox & the “Moon” #1?=%' },
  { title: '' },
  { kind: 'Poem', title: 'first snow' },
  { form: 'free', freePrompt: 'One line\nand\tanother, with 雪 and 🦊 + &seed=9' },
  { form: 'free', freePrompt: '' },
  { blockSize: 16 },
  { steps: 3 },
  { blockSize: 4, steps: 32, policy: 'ancestral' },
  { policy: 'first-hitting' },
  { policy: 'threshold', threshold: 0.55 },
  { policy: 'entropy', entropyBound: 0.1 + 0.2 },
  { temperature: 0 },
  { topP: 0.05 },
  { seed: 2 ** 32 - 1 },
  { seed: 0 },
  { maxTokens: 1024 },
];

test.each(CHANGES)('a link has all that a text depends on: %j', (change) => {
  const settings = { ...DEFAULTS, ...change };
  const link = readLink(linkHash(settings, ORIGIN));
  const asked = (said: TextSettings) => generateSettings({ ...DEFAULT_SETTINGS, ...said }, INFO);
  expect(link && asked(link.settings)).toEqual(asked(settings));
  expect(link).toMatchObject(ORIGIN);
});

test('a link is short: it says what differs from the defaults, and the seed and the model', () => {
  expect(linkHash({ ...DEFAULTS, seed: 5 }, ORIGIN)).toBe(
    '#write?title=The+Lost+Kite&seed=5&model=0123456789ab&on=wasm',
  );
  expect(linkHash({ ...DEFAULTS, policy: 'confidence', steps: 4, threshold: 0.5, blockSize: 16 }, null)).toBe(
    '#write?title=The+Lost+Kite&policy=confidence&block=16&steps=4&seed=1',
  );
});

test('what a link leaves out is the default and not what the visitor last set', () => {
  expect(readLink('#write?seed=5')?.settings).toEqual({ ...DEFAULTS, seed: 5 });
});

test.each(['', '#', '#write', '#write?', '#write?length=16', '#race?seed=4', '#how-sources', '#writer?seed=4'])(
  '%j names a view and no text',
  (hash) => expect(readLink(hash)).toBeNull(),
);

test('broken parameters have their defaults, and unknown ones are ignored', () => {
  const hash =
    '#write?seed=x&t=9&p=-1&length=1e9&block=2.5&steps=0&policy=best&kind=Sermon&model=xyz&on=<b>&heat=order&keys=off';
  expect(readLink(hash)).toMatchObject({ settings: DEFAULTS, digest: null, device: null });
});

test.each([
  [
    'text',
    'a'.repeat(1e5),
    4000,
    'The text in this link is too long. There is room for 4,000 characters: the last 96,000 were cut.',
  ],
  [
    'title',
    'a'.repeat(161),
    160,
    'The text in this link is too long. There is room for 160 characters: the last one was cut.',
  ],
  // No half of a character is left.
  [
    'title',
    `${'a'.repeat(159)}🪁`,
    159,
    'The text in this link is too long. There is room for 160 characters: the last 2 were cut.',
  ],
  ['text', 'a'.repeat(4000), 4000, ''],
])('a %s that is too long for the page is cut, and the link says by how much', (name, value, length, note) => {
  const link = readLink(`#write?seed=1&${name}=${encodeURIComponent(value)}`);
  expect(link?.settings[name === 'text' ? 'freePrompt' : 'title']).toHaveLength(length);
  expect(link?.note).toBe(note);
});

test.each([
  ['title=Snow&length=48', ''],
  ['title=Snow&block=4&steps=2&policy=confidence&t=0.5&seed=9&model=0123456789ab&on=wasm', ''],
  ['title=Snow&length=99999', 'Part of this link could not be read: length=99999.'],
  ['title=Snow&seed=abc&policy=zzz', 'Part of this link could not be read: seed=abc, policy=zzz.'],
  ['title=Snow&prompt=Hello&a=1&b=2&c=3', 'Part of this link could not be read: prompt=Hello, a=1, b=2 and 1 more.'],
  [`title=Snow&kind=${'x'.repeat(99)}`, `Part of this link could not be read: kind=${'x'.repeat(25)}.`],
  ['title=Snow&seed=9&changes=2', 'The text was changed after it was written: the link tells how it was at first.'],
])('of a link with %s it is said: %s', (parameters, note) => {
  expect(readLink(`#write?${parameters}`)).toMatchObject({ settings: { title: 'Snow' }, note });
});

test('no address breaks the page: whatever it holds, the settings are valid', () => {
  const random = randomNumbers(3);
  const pick = <T>(choices: readonly T[]) => choices[Math.floor(random() * choices.length)]!;
  const names = ['title', 'kind', 'text', 'block', 'steps', 'policy', 't', 'p', 'seed', 'length', 'model', 'on', 'x'];
  const pieces = [
    '',
    '1',
    '-1',
    '1e999',
    'NaN',
    '0x10',
    '%',
    '%E0%A4%A',
    '\ud800',
    '😀',
    '&',
    '=',
    '?',
    '#',
    '+',
    'null',
  ];
  for (let trial = 0; trial < 500; trial++) {
    const parameters = Array.from({ length: Math.floor(random() * 8) }, () => {
      const value = Array.from({ length: Math.floor(random() * 4) }, () =>
        random() < 0.5 ? pick(pieces) : String.fromCharCode(Math.floor(random() * 0xffff)),
      );
      return `${pick(names)}=${value.join('')}`;
    });
    const link = readLink(`#write?${parameters.join('&')}`);
    if (!link) continue;
    const { settings } = link;
    expect(textSettings(parseSettings({ ...DEFAULT_SETTINGS, ...settings }))).toEqual(settings);
    expect([null, ...POLICIES]).toContain(settings.policy);
    for (const name of ['temperature', 'topP', 'maxTokens', 'seed'] as const) {
      expect(settings[name]).toBeGreaterThanOrEqual(RANGES[name].min);
      expect(settings[name]).toBeLessThanOrEqual(RANGES[name].max);
    }
  }
});

test('another model, then another device, is a reason why the text may differ', () => {
  expect(differenceOf(ORIGIN, ORIGIN)).toBeNull();
  expect(differenceOf({ digest: null, device: null }, ORIGIN)).toBeNull();
  expect(differenceOf({ ...ORIGIN, digest: 'ffffffffffff' }, ORIGIN)).toContain('another version of the model');
  expect(differenceOf({ ...ORIGIN, device: 'webgpu-apple-metal-3' }, ORIGIN)).toContain(
    'on a GPU (apple-metal-3); here the model runs on the CPU',
  );
});

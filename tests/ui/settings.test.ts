import { expect, test } from 'vitest';
import { POLICY_NAMES } from '../../src/library/models';
import {
  blockSizeFor,
  DEFAULT_SETTINGS,
  generateSettings,
  parseSettings,
  type Settings,
  stepsFor,
} from '../../src/ui/settings/settings';
import { documentPrompt, KINDS, kindOf, titleForKind } from '../../src/ui/write/document-form';

const MODEL = {
  blockSizes: [1, 4, 16],
  defaultBlockSize: 4,
  policies: POLICY_NAMES,
  origin: { type: 'embedded' },
  decoding: { policy: 'confidence', threshold: 0.9 },
} as const;
const settings = (change: Partial<Settings>): Settings => ({ ...DEFAULT_SETTINGS, ...change });

test('what was saved comes back', () => {
  const saved = settings({
    form: 'free',
    freePrompt: 'It was',
    blockSize: 16,
    steps: 3,
    policy: 'entropy',
    entropyBound: 0,
    seed: 2 ** 32 - 1,
    heat: 'order',
    speed: 0.25,
    keys: 'off',
    backend: 'wasm',
  });
  expect(parseSettings(JSON.parse(JSON.stringify(saved)))).toEqual(saved);
});

test.each([
  ['nothing', null],
  ['a text', 'hello'],
  ['other types', { form: 1, kind: [], title: 5, blockSize: 'x', steps: 0, policy: 'guess', seeds: true, backend: {} }],
  [
    'out of range',
    { temperature: 9, topP: 0, threshold: -1, entropyBound: -1, seed: -1, maxTokens: 1e9, blockSize: 2.5 },
  ],
])('%s gives the defaults', (_name, value) => {
  expect(parseSettings(value)).toEqual(DEFAULT_SETTINGS);
});

test('a broken field loses only itself', () => {
  expect(parseSettings({ title: 'Fog', topP: 'many' })).toEqual(settings({ title: 'Fog' }));
});

test('settings saved before there was an entropy bound have the default', () => {
  const { entropyBound, ...earlier } = settings({ policy: 'threshold', threshold: 0.5 });
  expect(parseSettings(earlier)).toEqual({ ...earlier, entropyBound: DEFAULT_SETTINGS.entropyBound });
  expect(entropyBound).toBe(DEFAULT_SETTINGS.entropyBound);
});

test('settings saved when confidence was only shown or hidden keep all else', () => {
  const { heat, speed, keys, ...earlier } = settings({ title: 'Fog' });
  expect(parseSettings({ ...earlier, confidence: 'shown' })).toEqual({ ...earlier, heat, speed, keys });
});

test('the worker is told the policy and its parameter', () => {
  const asked = generateSettings(settings({ policy: 'entropy', entropyBound: 1.25 }), MODEL);
  expect(asked).toMatchObject({ policy: 'entropy', entropyBound: 1.25 });
});

test('the block size is one the model knows', () => {
  expect(blockSizeFor(settings({ blockSize: 16 }), MODEL)).toBe(16);
  expect(blockSizeFor(settings({ blockSize: 8 }), MODEL)).toBe(4);
  expect(blockSizeFor(settings({ blockSize: null }), MODEL)).toBe(4);
});

test('steps follow a shrinking block and come back with a growing one', () => {
  expect(stepsFor(settings({ steps: 12 }), 4)).toBe(4);
  expect(stepsFor(settings({ steps: 12 }), 16)).toBe(12);
  expect(stepsFor(settings({ steps: null }), 16)).toBe(16);
});

test('the prompt is the form the model was trained on, or the words as they stand', () => {
  const titled = settings({ kind: 'Poem', title: ' first snow ' });
  expect(generateSettings(titled, MODEL).prompt).toBe('Poem: first snow\n\n');
  expect(generateSettings({ ...titled, form: 'free', freePrompt: ' It was ' }, MODEL).prompt).toBe(' It was ');
  expect(documentPrompt("Children's tale", 'The Lost Kite')).toBe("Children's tale: The Lost Kite\n\n");
});

test('an offered title makes way for one of the new kind, a typed one stays', () => {
  const [tale, campfire] = [KINDS[0], kindOf('Campfire story')];
  expect(titleForKind(tale.titles[1], tale, campfire)).toBe(campfire.titles[0]);
  expect(titleForKind('', tale, campfire)).toBe(campfire.titles[0]);
  expect(titleForKind('My Dog', tale, campfire)).toBe('My Dog');
});

test('what is not chosen is as the authors of the model decode', () => {
  const model = { ...MODEL, decoding: { policy: 'threshold', threshold: 0.8 } } as const;
  expect(generateSettings(DEFAULT_SETTINGS, model)).toMatchObject({ policy: 'threshold', threshold: 0.8 });
  const chosen = { ...DEFAULT_SETTINGS, policy: 'entropy', threshold: 0.5 } as const;
  expect(generateSettings(chosen, model)).toMatchObject({ policy: 'entropy', threshold: 0.5 });
});

import { expect, test } from 'vitest';
import { POLICY_NAMES } from '../../src/library/models';
import { PRESETS, presetOf, presetSettings, presetsFor, presetText } from '../../src/ui/settings/presets';
import { DEFAULT_SETTINGS, FIRST_VISIT, generateSettings, parseSettings } from '../../src/ui/settings/settings';

const MODEL = {
  blockSizes: [1, 2, 4, 8, 16, 32],
  defaultBlockSize: 8,
  policies: POLICY_NAMES,
  origin: { type: 'embedded' },
  decoding: { policy: 'confidence', threshold: 0.9 },
} as const;

test.each(PRESETS)('$name is recognised once taken, asks for what the worker allows, and is saved', (preset) => {
  const settings = { ...DEFAULT_SETTINGS, ...presetSettings(preset, MODEL) };
  expect(presetOf(settings, MODEL)).toBe(preset);
  const { steps, blockSize } = generateSettings(settings, MODEL);
  expect(steps).toBeLessThanOrEqual(blockSize);
  expect(parseSettings(JSON.parse(JSON.stringify(settings)))).toEqual(settings);
});

test.each(PRESETS)('what $name costs is said once it is known where the model runs', (preset) => {
  expect(presetText(preset, null)).toBe(preset.text);
  for (const backend of ['wasm', 'webgpu'] as const)
    expect(presetText(preset, { backend, adapter: 'x' })).toMatch(/one at a time|passes|CPU/);
  expect(presetText(preset, null)).not.toMatch(/CPU|work|passes/);
  // A GPU of software is a CPU.
  const software = { backend: 'webgpu', adapter: 'google swiftshader (software)' } as const;
  expect(presetText(preset, software)).toBe(presetText(preset, { backend: 'wasm', adapter: '' }));
});

test('a model with other block sizes gets the nearest that are not larger', () => {
  const small = { blockSizes: [2, 4], defaultBlockSize: 4 };
  expect(PRESETS.map((preset) => presetSettings(preset, small).blockSize)).toEqual([2, 4, 4, 4, 4]);
  expect(PRESETS.map((preset) => presetSettings(preset, small).steps)).toEqual([2, null, 4, null, 1]);
});

test('in blocks are the blocks that a model is usually decoded in', () => {
  const adapted = { ...MODEL, defaultBlockSize: 4 };
  expect(presetOf(parseSettings({}), adapted)?.name).toBe('balanced');
  const inBlocks = PRESETS.find(({ name }) => name === 'balanced')!;
  expect(presetSettings(inBlocks, adapted)).toMatchObject({ blockSize: 4, steps: 4 });
});

test.each([
  ['of all sizes', [1, 2, 4, 8, 16, 32], ['autoregressive', 'checked', 'balanced', 'fast', 'wild']],
  ['that writes no single tokens', [8], ['checked', 'balanced', 'fast', 'wild']],
  ['that writes nothing else', [1], ['autoregressive']],
  ['of small blocks', [1, 2], ['autoregressive', 'checked', 'balanced', 'fast']],
])('a model %s has the presets that mean something on it', (_, blockSizes, names) => {
  const model = { ...MODEL, blockSizes, defaultBlockSize: Math.min(8, blockSizes.at(-1)!) };
  expect(presetsFor(model).map(({ name }) => name)).toEqual(names);
  for (const preset of presetsFor(model)) {
    expect(presetOf({ ...DEFAULT_SETTINGS, ...presetSettings(preset, model) }, model)).toBe(preset);
  }
});

test('a first visit shows blocks that come together, and those who were here before keep what they had', () => {
  expect(presetOf(FIRST_VISIT, MODEL)?.name).toBe('balanced');
  expect(generateSettings(FIRST_VISIT, MODEL)).toMatchObject({ blockSize: 8, steps: 8, policy: 'confidence' });
  expect(presetOf(parseSettings({}), MODEL)?.name).toBe('balanced');
  expect(parseSettings({}).pace).toBe('full');
});

test('what a model cannot be decoded by is no preset of it', () => {
  const model = { ...MODEL, policies: POLICY_NAMES.filter((name) => name !== 'speculative') };
  expect(presetsFor(model).map(({ name }) => name)).toEqual(['autoregressive', 'balanced', 'fast', 'wild']);
  // A link may ask for it all the same.
  expect(presetOf({ ...DEFAULT_SETTINGS, policy: 'speculative' }, model)?.name).toBe('balanced');
});

test('settings of one’s own are no preset', () => {
  expect(presetOf({ ...DEFAULT_SETTINGS, policy: 'threshold', blockSize: 16, threshold: 0.6 }, MODEL)).toBeNull();
  expect(presetOf({ ...DEFAULT_SETTINGS, temperature: 0.35 }, MODEL)).toBeNull();
});

import * as v from 'valibot';
import type { BackendChoice, GenerateSettings, ModelInfo, PolicyName, Report } from '../../library/unmask';
import { documentPrompt, KINDS, kindOf } from '../write/document-form';

/** What of a model the settings depend on. */
export type ModelTraits = Pick<ModelInfo, 'blockSizes' | 'defaultBlockSize' | 'policies' | 'origin' | 'decoding'>;

export type Heat = 'plain' | 'confidence' | 'order';
export type Pace = 'slow' | 'steady' | 'brisk' | 'full';

/** Everything a person can set on the page; kept from visit to visit. */
export interface Settings {
  /** `titled` asks for a kind and a title, `free` uses `freePrompt` as it stands. */
  readonly form: 'titled' | 'free';
  readonly kind: string;
  readonly title: string;
  readonly freePrompt: string;
  /** What a conversation begins with: how the model is to answer. '' for nothing. */
  readonly system: string;
  /** Null until chosen: the model's own default. */
  readonly blockSize: number | null;
  /** Null until chosen: as many as the block has tokens. May exceed the block size after that shrank. */
  readonly steps: number | null;
  /** Null until chosen: as the model's authors decode. */
  readonly policy: PolicyName | null;
  /** Null until chosen: as the model's authors decode. */
  readonly threshold: number | null;
  /** In nats. */
  readonly entropyBound: number;
  readonly temperature: number;
  readonly topP: number;
  readonly seed: number;
  readonly seeds: 'new each time' | 'keep';
  readonly maxTokens: number;
  /** What the colour of the text tells. */
  readonly heat: Heat;
  /** Of playback; 1 is as fast as it was written. */
  readonly speed: number;
  /** How fast a text appears. The run itself is always as fast as it can be. */
  readonly pace: Pace;
  /** Whether the likeliest token is shown at each place that is still masked. */
  readonly guesses: 'on' | 'off';
  /** Whether the probabilities of the pass are shown above the timeline. */
  readonly histogram: 'on' | 'off';
  /** Whether a single key does something outside of fields. */
  readonly keys: 'on' | 'off';
  readonly backend: BackendChoice;
  /** Of the page, for those who come the first time. */
  readonly tour: 'new' | 'seen';
  /** Whether the better model that comes with the page is fetched unasked, where there is a GPU for it. */
  readonly upgrade: 'automatic' | 'on request';
  /** The id of a kept model; null for the one that the page opens with. */
  readonly model: string | null;
}

export const DEFAULT_SETTINGS: Settings = {
  form: 'titled',
  kind: KINDS[0].name,
  title: KINDS[0].titles[0],
  freePrompt: 'Once upon a time, ',
  system: '',
  blockSize: null,
  steps: null,
  policy: null,
  threshold: null,
  entropyBound: 0.5,
  temperature: 0.8,
  topP: 0.95,
  seed: 1,
  seeds: 'new each time',
  maxTokens: 240,
  heat: 'plain',
  speed: 1,
  pace: 'full',
  guesses: 'off',
  histogram: 'off',
  keys: 'on',
  backend: 'auto',
  tour: 'seen',
  upgrade: 'automatic',
  model: null,
};

/** What a first visit begins with: blocks come out of noise at a pace that the eye can follow. */
export const FIRST_VISIT: Settings = { ...DEFAULT_SETTINGS, pace: 'brisk', tour: 'new' };

export const POLICIES = [
  'first-hitting',
  'confidence',
  'ancestral',
  'threshold',
  'entropy',
  'speculative',
] as const satisfies PolicyName[];
const BACKENDS = ['auto', 'webgpu', 'wasm'] as const satisfies BackendChoice[];

export const HEATS = ['plain', 'confidence', 'order'] as const satisfies Heat[];
/** Steps a second. */
export const PACES: Readonly<Record<Pace, number>> = { slow: 2, steady: 5, brisk: 12, full: Number.POSITIVE_INFINITY };
export const SPEEDS = [0.1, 0.25, 0.5, 1, 2, 4] as const;

/** The ranges of the controls. The engine has its own, wider ones. */
export const RANGES = {
  threshold: { min: 0.1, max: 0.99, step: 0.01 },
  entropyBound: { min: 0, max: 4, step: 0.05 },
  temperature: { min: 0, max: 1.5, step: 0.05 },
  topP: { min: 0.05, max: 1, step: 0.05 },
  maxTokens: { min: 16, max: 1024, step: 16 },
  seed: { min: 0, max: 2 ** 32 - 1, step: 1 },
} as const;

/** In characters. The fields take no more than these, and so do links. */
export const LONGEST = { title: 160, freePrompt: 4000, system: 4000 } as const;

/** The block size in force on a model: the chosen one if the model knows it, else the model's default. */
export function blockSizeFor(
  { blockSize }: Settings,
  model: Pick<ModelTraits, 'blockSizes' | 'defaultBlockSize'>,
): number {
  return blockSize !== null && model.blockSizes.includes(blockSize) ? blockSize : model.defaultBlockSize;
}

/** The trained block size that is nearest to this one, on a scale of doublings. */
export function nearestBlockSize(blockSize: number, sizes: readonly number[]): number {
  const distance = (size: number) => Math.abs(Math.log2(size / blockSize));
  return sizes.reduce((nearest, size) => (distance(size) < distance(nearest) ? size : nearest));
}

/** The settings in force on a model: only the one that comes with the page was trained on titled documents. */
export function settingsOn(settings: Settings, { origin }: Pick<ModelTraits, 'origin'>): Settings {
  return origin.type === 'embedded' || settings.form === 'free' ? settings : { ...settings, form: 'free' };
}

/** The steps in force: never more than the block has tokens. */
export function stepsFor({ steps }: Pick<Settings, 'steps'>, blockSize: number): number {
  return Math.min(steps ?? blockSize, blockSize);
}

/** The policies that a person can choose on a model, in the page's order. */
export function policiesOn({ policies }: Pick<ModelTraits, 'policies'>): readonly PolicyName[] {
  return POLICIES.filter((name) => policies.includes(name));
}

/** The policy in force on a model: the chosen one if the model can be decoded by it, else its authors'. */
export function policyFor(
  { policy }: Pick<Settings, 'policy'>,
  { policies, decoding }: Pick<ModelTraits, 'policies' | 'decoding'>,
): PolicyName {
  return policy !== null && policies.includes(policy) ? policy : decoding.policy;
}

/** The threshold in force on a model: the chosen one, else its authors'. */
export function thresholdFor(
  { threshold }: Pick<Settings, 'threshold'>,
  { decoding }: Pick<ModelTraits, 'decoding'>,
): number {
  return threshold ?? decoding.threshold;
}

/** True where the policy takes a number of steps. */
export function usesSteps(policy: PolicyName): boolean {
  return policy === 'confidence' || policy === 'ancestral';
}

/** What the worker is asked to write. */
export function generateSettings(settings: Settings, model: ModelTraits): GenerateSettings {
  const { freePrompt, maxTokens, entropyBound, temperature, topP, seed } = settings;
  const policy = policyFor(settings, model);
  const threshold = thresholdFor(settings, model);
  const blockSize = blockSizeFor(settings, model);
  const prompt =
    settingsOn(settings, model).form === 'free' ? freePrompt : documentPrompt(settings.kind, settings.title);
  const steps = stepsFor(settings, blockSize);
  const sampling = { policy, steps, threshold, entropyBound, temperature, topP, seed };
  return { prompt, after: [], blockSize, maxTokens, ending: 'sentence', ...sampling };
}

/** What the worker is asked to tell of a run: guesses cost time and memory, and are asked for only while they are shown. */
export function reportFor({ guesses, histogram }: Pick<Settings, 'guesses' | 'histogram'>): Report {
  return guesses === 'on' || histogram === 'on' ? 'guesses' : 'reveals';
}

/** A schema of the field `name` that has its default in place of a value that does not fit. */
function field<Name extends keyof Settings>(name: Name, schema: v.GenericSchema<unknown, Settings[Name]>) {
  return v.fallback(schema, DEFAULT_SETTINGS[name]);
}

const within = ({ min, max }: { readonly min: number; readonly max: number }) =>
  v.pipe(v.number(), v.minValue(min), v.maxValue(max));
const wholeWithin = (range: { readonly min: number; readonly max: number }) =>
  v.pipe(within(range), v.transform(Math.trunc));
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const text = v.string();

const settingsSchema = v.object({
  form: field('form', v.picklist(['titled', 'free'])),
  kind: field(
    'kind',
    v.pipe(
      text,
      v.transform((name) => kindOf(name).name),
    ),
  ),
  title: field('title', text),
  freePrompt: field('freePrompt', text),
  system: field('system', text),
  blockSize: field('blockSize', count),
  steps: field('steps', count),
  policy: field('policy', v.picklist(POLICIES)),
  threshold: field('threshold', within(RANGES.threshold)),
  entropyBound: field('entropyBound', within(RANGES.entropyBound)),
  temperature: field('temperature', within(RANGES.temperature)),
  topP: field('topP', within(RANGES.topP)),
  seed: field('seed', wholeWithin(RANGES.seed)),
  seeds: field('seeds', v.picklist(['new each time', 'keep'])),
  maxTokens: field('maxTokens', wholeWithin(RANGES.maxTokens)),
  heat: field('heat', v.picklist(HEATS)),
  speed: field('speed', v.picklist(SPEEDS)),
  pace: field('pace', v.picklist(['slow', 'steady', 'brisk', 'full'])),
  guesses: field('guesses', v.picklist(['on', 'off'])),
  histogram: field('histogram', v.picklist(['on', 'off'])),
  keys: field('keys', v.picklist(['on', 'off'])),
  backend: field('backend', v.picklist(BACKENDS)),
  tour: field('tour', v.picklist(['new', 'seen'])),
  upgrade: field('upgrade', v.picklist(['automatic', 'on request'])),
  model: field('model', v.pipe(text, v.regex(/^[0-9a-f]{64}$/))),
} satisfies Record<keyof Settings, v.GenericSchema>);

/** Settings out of an untrusted value: every field that does not fit has its default. */
export function parseSettings(value: unknown): Settings {
  return v.parse(v.fallback(settingsSchema, DEFAULT_SETTINGS), value);
}

import { UnmaskError } from '../errors';
import {
  type BackendChoice,
  type ChatTurn,
  type DistantPlace,
  type GenerateSettings,
  type KeptDtype,
  type ModelPlace,
  type PageMessage,
  type PlaceInText,
  type PolicyName,
  PROTOCOL_VERSION,
  type ReadRequest,
  type Report,
} from './protocol';

const BACKENDS = ['auto', 'webgpu', 'wasm'] as const satisfies readonly BackendChoice[];
const POLICIES = [
  'first-hitting',
  'ancestral',
  'confidence',
  'threshold',
  'entropy',
] as const satisfies readonly PolicyName[];

const DTYPES = ['q4', 'q8'] as const satisfies readonly KeptDtype[];
const REPORTS = ['reveals', 'guesses'] as const satisfies readonly Report[];
const ENDINGS = ['length', 'sentence'] as const;
const ROLES = ['system', 'user', 'assistant'] as const satisfies readonly ChatTurn['role'][];

const RELOAD = 'The page and its worker do not understand each other. Reload the page.';

/**
 * Checks that a value from the page is a message of this version. Ranges are the engine's to check;
 * here every field only has to be of its type. Throws `bad-input`.
 */
export function parsePageMessage(value: unknown): PageMessage {
  const message = fieldsOf(value);
  const { type, version } = message;
  if (version !== PROTOCOL_VERSION) throw new UnmaskError('bad-input', RELOAD);
  const runId = numberOf(message, 'runId');
  switch (type) {
    case 'load':
      return {
        type,
        version,
        runId,
        place: parsePlace(message.place),
        backend: oneOf(message, 'backend', BACKENDS),
        contextShare: shareOf(message, 'contextShare'),
      };
    case 'fetch-model':
      return {
        type,
        version,
        runId,
        place: parseDistantPlace(message.place),
        hub: textOf(message, 'hub'),
        dtype: message.dtype === null ? null : oneOf(message, 'dtype', DTYPES),
      };
    case 'list-models':
      return { type, version, runId, embeddedUrl: textOf(message, 'embeddedUrl') };
    case 'remove-model':
      return { type, version, runId, id: textOf(message, 'id') };
    case 'generate':
      return {
        type,
        version,
        runId,
        settings: parseSettings(message.settings),
        report: oneOf(message, 'report', REPORTS),
      };
    case 'change':
      return { type, version, runId, settings: parseSettings(message.settings) };
    case 'race':
      return {
        type,
        version,
        runId,
        settings: listOf(message, 'settings').map(parseSettings),
        report: oneOf(message, 'report', REPORTS),
      };
    case 'read':
      return { type, version, runId, request: parseReadRequest(message.request) };
    case 'inspect':
      return { type, version, runId, place: parsePlaceInText(message.place) };
    case 'tokenize':
      return { type, version, runId, text: textOf(message, 'text') };
    case 'cancel':
      return { type, version, runId };
    default:
      throw new UnmaskError('bad-input', RELOAD);
  }
}

/** The run a message belongs to, as far as it says so: where to send the error about the rest of it. */
export function runIdOf(value: unknown): number {
  return typeof value === 'object' && value !== null && 'runId' in value && typeof value.runId === 'number'
    ? value.runId
    : 0;
}

function parseSettings(value: unknown): GenerateSettings {
  const settings = fieldsOf(value);
  return {
    prompt: textOf(settings, 'prompt'),
    messages: parseMessages(settings),
    after: idsOf(settings, 'after'),
    blockSize: numberOf(settings, 'blockSize'),
    maxTokens: numberOf(settings, 'maxTokens'),
    policy: oneOf(settings, 'policy', POLICIES),
    steps: numberOf(settings, 'steps'),
    threshold: numberOf(settings, 'threshold'),
    entropyBound: numberOf(settings, 'entropyBound'),
    temperature: numberOf(settings, 'temperature'),
    topP: numberOf(settings, 'topP'),
    seed: numberOf(settings, 'seed'),
    ending: settings.ending === undefined ? undefined : oneOf(settings, 'ending', ENDINGS),
  };
}

function parseReadRequest(value: unknown): ReadRequest {
  const request = fieldsOf(value);
  return {
    before: textOf(request, 'before'),
    text: textOf(request, 'text'),
    draws: numberOf(request, 'draws'),
    seed: numberOf(request, 'seed'),
    schedules: listOf(request, 'schedules').map((value) => {
      const schedule = fieldsOf(value);
      return { from: numberOf(schedule, 'from'), to: numberOf(schedule, 'to') };
    }),
  };
}

function parseMessages(fields: Fields): ChatTurn[] | undefined {
  if (fields.messages === undefined) return undefined;
  return listOf(fields, 'messages').map((value) => {
    const turn = fieldsOf(value);
    return { role: oneOf(turn, 'role', ROLES), content: textOf(turn, 'content') };
  });
}

function parsePlace(value: unknown): ModelPlace {
  const place = fieldsOf(value);
  const { type } = place;
  switch (type) {
    case 'embedded':
      return { type, url: textOf(place, 'url') };
    case 'kept':
      return { type, id: textOf(place, 'id') };
    default:
      return parseDistantPlace(value);
  }
}

function parseDistantPlace(value: unknown): DistantPlace {
  const place = fieldsOf(value);
  const { type } = place;
  switch (type) {
    case 'url':
      return { type, url: textOf(place, 'url') };
    case 'folder':
      return { type, name: textOf(place, 'name'), files: filesOf(place, 'files') };
    default:
      throw new UnmaskError('bad-input', RELOAD);
  }
}

function parsePlaceInText(value: unknown): PlaceInText {
  const place = fieldsOf(value);
  return {
    prompt: textOf(place, 'prompt'),
    messages: parseMessages(place),
    after: listOf(place, 'after').map((id) => numberOf({ id }, 'id')),
    draft: idsOf(place, 'draft'),
    offset: numberOf(place, 'offset'),
  };
}

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(value: unknown): Fields {
  if (typeof value !== 'object' || value === null) throw new UnmaskError('bad-input', RELOAD);
  return { ...value };
}

function textOf(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string') throw new UnmaskError('bad-input', `${name} must be a text.`);
  return value;
}

function shareOf(fields: Fields, name: string): number {
  const share = numberOf(fields, name);
  if (share > 0 && share <= 1) return share;
  throw new UnmaskError('bad-input', `${name} must be above 0 and at most 1.`);
}

function numberOf(fields: Fields, name: string): number {
  const value = fields[name];
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw new UnmaskError('bad-input', `${name} must be a number.`);
  }
  return value;
}

function idsOf(fields: Fields, name: string): (number | null)[] {
  return listOf(fields, name).map((id) => (id === null ? null : numberOf({ id }, 'id')));
}

function filesOf(fields: Fields, name: string): File[] {
  const files = listOf(fields, name);
  if (files.every((file) => file instanceof File)) return files;
  throw new UnmaskError('bad-input', `${name} must be files.`);
}

function listOf(fields: Fields, name: string): unknown[] {
  const value = fields[name];
  if (!Array.isArray(value)) throw new UnmaskError('bad-input', `${name} must be a list.`);
  return value;
}

function oneOf<T extends string>(fields: Fields, name: string, choices: readonly T[]): T {
  const value = choices.find((choice) => choice === fields[name]);
  if (value === undefined) throw new UnmaskError('bad-input', `${name} must be one of ${choices.join(', ')}.`);
  return value;
}

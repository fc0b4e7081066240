import { UnmaskError } from '../errors';
import type { OpenOptions } from '../library/api';
import {
  type BackendChoice,
  type DistantPlace,
  type KeptDtype,
  type ModelPlace,
  POLICY_NAMES,
} from '../library/models';
import type {
  ChatTurn,
  GenerateSettings,
  PlaceInText,
  Prompt,
  ReadRequest,
  Report,
  TextStart,
  TokenIds,
} from '../library/texts';
import {
  type Fields,
  fieldsOf,
  filesOf,
  idsOf,
  listOf,
  numberOf,
  numbersOf,
  oneOf,
  optional,
  RELOAD,
  shareOf,
  textOf,
} from './message-fields';
import { type ContextSize, type PageMessage, PROTOCOL_VERSION } from './protocol';

const BACKENDS = ['auto', 'webgpu', 'wasm'] as const satisfies readonly BackendChoice[];
const DTYPES = ['q4', 'q8'] as const satisfies readonly KeptDtype[];
const REPORTS = ['reveals', 'guesses'] as const satisfies readonly Report[];
const ENDINGS = ['length', 'sentence'] as const;
const ROLES = ['system', 'user', 'assistant'] as const satisfies readonly ChatTurn['role'][];

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
        context: parseContext(message),
        firstText: parseFirstText(message),
      };
    case 'fetch-model':
      return {
        type,
        version,
        runId,
        place: parseDistantPlace(message.place),
        hub: optional(message, 'hub', textOf),
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
      return { type, version, runId, text: parsePrompt(message, 'text') };
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
    ...parseStart(settings),
    after: idsOf(settings, 'after'),
    blockSize: numberOf(settings, 'blockSize'),
    maxTokens: numberOf(settings, 'maxTokens'),
    policy: oneOf(settings, 'policy', POLICY_NAMES),
    steps: numberOf(settings, 'steps'),
    threshold: numberOf(settings, 'threshold'),
    entropyBound: numberOf(settings, 'entropyBound'),
    subBlockSize: optional(settings, 'subBlockSize', numberOf),
    temperature: numberOf(settings, 'temperature'),
    topP: numberOf(settings, 'topP'),
    seed: numberOf(settings, 'seed'),
    ending: settings.ending === undefined ? undefined : oneOf(settings, 'ending', ENDINGS),
  };
}

function parseReadRequest(value: unknown): ReadRequest {
  const request = fieldsOf(value);
  return {
    before: parsePrompt(request, 'before'),
    text: parseText(request, 'text'),
    blockSizes: optional(request, 'blockSizes', numbersOf),
    textNumber: optional(request, 'textNumber', numberOf),
    draws: numberOf(request, 'draws'),
    seed: numberOf(request, 'seed'),
    schedules: listOf(request, 'schedules').map((value) => {
      const schedule = fieldsOf(value);
      return { from: numberOf(schedule, 'from'), to: numberOf(schedule, 'to') };
    }),
  };
}

function parseStart(fields: Fields): TextStart {
  return {
    prompt: textOf(fields, 'prompt'),
    messages: optional(fields, 'messages', turnsOf),
    promptIds: optional(fields, 'promptIds', numbersOf),
  };
}

function parsePrompt(fields: Fields, name: string): Prompt {
  return Array.isArray(fields[name]) ? turnsOf(fields, name) : parseText(fields, name);
}

function parseText(fields: Fields, name: string): string | TokenIds {
  const value = fields[name];
  return typeof value === 'object' && value !== null
    ? { ids: numbersOf(fieldsOf(value), 'ids') }
    : textOf(fields, name);
}

function turnsOf(fields: Fields, name: string): ChatTurn[] {
  return listOf(fields, name).map((value) => {
    const turn = fieldsOf(value);
    return { role: oneOf(turn, 'role', ROLES), content: textOf(turn, 'content') };
  });
}

/** What the model's own settings are is not known here; the engine checks the others. */
function parseFirstText({ firstText }: Fields): OpenOptions['firstText'] {
  if (firstText === undefined) return undefined;
  const fields = fieldsOf(firstText);
  return { prompt: parsePrompt(fields, 'prompt'), options: fieldsOf(fields.options ?? {}) };
}

function parseContext(fields: Fields): ContextSize | undefined {
  const { context } = fields;
  if (typeof context !== 'object' || context === null) return optional(fields, 'context', numberOf);
  return { share: shareOf(fieldsOf(context), 'share') };
}

function parsePlace(value: unknown): ModelPlace {
  const place = fieldsOf(value);
  const { type } = place;
  switch (type) {
    case 'embedded':
      return { type, url: textOf(place, 'url') };
    case 'bundled': {
      const urls = fieldsOf(place.urls);
      return { type, urls: Object.fromEntries(Object.keys(urls).map((path) => [path, textOf(urls, path)])) };
    }
    case 'disk':
      return { type, path: textOf(place, 'path') };
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
    ...parseStart(place),
    after: numbersOf(place, 'after'),
    draft: idsOf(place, 'draft'),
    offset: numberOf(place, 'offset'),
  };
}

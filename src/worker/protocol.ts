import type { ErrorCode } from '../errors';
import type { OpenOptions } from '../library/api';
import type {
  AtWork,
  BackendChoice,
  CheckpointOffer,
  DistantPlace,
  KeptDtype,
  ModelInfo,
  ModelPlace,
  ModelShelf,
} from '../library/models';
import type {
  AlternativeToken,
  GenerateSettings,
  GenerationEvent,
  PlaceInText,
  Prompt,
  RaceEvent,
  ReadEvent,
  ReadRequest,
  Report,
  TokenText,
} from '../library/texts';

/**
 * Everything that crosses between a client and its worker. Types and constants only: both sides import this file, and
 * neither learns anything else about the other.
 */
export const PROTOCOL_VERSION = 7;

/** Tokens of context, or a share of what the model usually has, above 0 and at most 1: less takes less memory. */
export type ContextSize = number | { readonly share: number };

/** Client → worker. Ids are chosen by the client and come back in every answer. */
export type PageMessage =
  | {
      readonly type: 'load';
      readonly version: number;
      readonly runId: number;
      readonly place: ModelPlace;
      readonly backend: BackendChoice;
      /** The model's usual context if left out. */
      readonly context: ContextSize | undefined;
      readonly firstText: OpenOptions['firstText'];
    }
  /** Keeps a model for a `load`, beside whatever else is at work; a checkpoint is offered before it is converted. */
  | {
      readonly type: 'fetch-model';
      readonly version: number;
      readonly runId: number;
      readonly place: DistantPlace;
      /** Where Hugging Face repositories are, if not there: the start of their URLs, without a slash at the end. */
      readonly hub: string | undefined;
      /** How to keep a checkpoint; null to have it offered. */
      readonly dtype: KeptDtype | null;
    }
  /** Answered at once. */
  | { readonly type: 'list-models'; readonly version: number; readonly runId: number; readonly embeddedUrl: string }
  /** Forgets a kept model, or what there is of an unfinished one. One that is loaded stays so. */
  | { readonly type: 'remove-model'; readonly version: number; readonly runId: number; readonly id: string }
  | {
      readonly type: 'generate';
      readonly version: number;
      readonly runId: number;
      readonly settings: GenerateSettings;
      readonly report: Report;
    }
  /** Other settings for the generation of this id, from its next block on. */
  | { readonly type: 'change'; readonly version: number; readonly runId: number; readonly settings: GenerateSettings }
  /** A generation for each of the settings, side by side. */
  | {
      readonly type: 'race';
      readonly version: number;
      readonly runId: number;
      readonly settings: readonly GenerateSettings[];
      readonly report: Report;
    }
  /** Scores a text. Takes the place of a generation, as another generation would. */
  | { readonly type: 'read'; readonly version: number; readonly runId: number; readonly request: ReadRequest }
  /** What else could have stood at a place. Takes the place of a generation, as another generation would. */
  | { readonly type: 'inspect'; readonly version: number; readonly runId: number; readonly place: PlaceInText }
  /** Answered at once. */
  | { readonly type: 'tokenize'; readonly version: number; readonly runId: number; readonly text: Prompt }
  /** Ends whatever runs under this id; `cancelled` comes at once, before the pass in flight is over. */
  | { readonly type: 'cancel'; readonly version: number; readonly runId: number };

/** An event with the number of its run. */
type OfRun<Event> = Event extends unknown ? Event & { readonly runId: number } : never;

/** What a generation tells; `done`, `cancelled` or `error` is the last. */
export type GenerationMessage = OfRun<GenerationEvent>;

/** What a race tells; `race-done`, `cancelled` or `error` is the last. */
export type RaceMessage = OfRun<RaceEvent>;

/** What reading tells; `read-done`, `cancelled` or `error` is the last. */
export type ReadMessage = OfRun<ReadEvent>;

/** Worker → client. */
export type WorkerMessage =
  | {
      readonly type: 'progress';
      readonly runId: number;
      readonly loadedBytes: number;
      /** 0 where that is not known. */
      readonly totalBytes: number;
      readonly atWork?: AtWork | undefined;
    }
  /** How many of the GPU's pipelines are compiled, once all bytes are there. */
  | { readonly type: 'compiled'; readonly runId: number; readonly done: number; readonly total: number }
  | { readonly type: 'loaded'; readonly runId: number; readonly model: ModelInfo }
  /** `place` is where to load it from: another than was asked for, if it is kept now. */
  | { readonly type: 'fetched'; readonly runId: number; readonly place: ModelPlace }
  /** There is a checkpoint, which may be asked for with a dtype. */
  | { readonly type: 'offered'; readonly runId: number; readonly offer: CheckpointOffer }
  | { readonly type: 'models'; readonly runId: number; readonly shelf: ModelShelf }
  | { readonly type: 'removed'; readonly runId: number }
  /** Of no run. The GPU was lost; the model is being put on it again, and what is under way will go on. */
  | { readonly type: 'device-lost'; readonly runId: 0 }
  /** Of no run. The worker has this Web Lock for as long as it lives. */
  | { readonly type: 'alive'; readonly runId: 0; readonly lock: string }
  | GenerationMessage
  | RaceMessage
  | ReadMessage
  | { readonly type: 'alternatives'; readonly runId: number; readonly tokens: readonly AlternativeToken[] }
  | { readonly type: 'tokens'; readonly runId: number; readonly tokens: readonly TokenText[] }
  | { readonly type: 'cancelled'; readonly runId: number }
  | {
      readonly type: 'error';
      readonly runId: number;
      readonly code: ErrorCode;
      readonly message: string;
      /** Of a defect: where it was thrown. */
      readonly stack?: string | undefined;
    };

import type { ErrorCode } from '../../errors';
import { type CheckpointOffer, type ModelInfo, POLICY_NAMES } from '../../library/unmask';
import type { Edit } from '../editing/editing';
import { type Compiled, NO_PROGRESS, type Progress } from '../models/pace';
import type { ModelTraits, Settings } from '../settings/settings';
import type { Story } from '../story/story';
import type { Playhead } from '../timeline/playhead';

export interface Problem {
  readonly code: ErrorCode;
  readonly message: string;
}

export type ModelState =
  /** `compiled` is null until the GPU's pipelines are waited for. */
  | ({ readonly phase: 'loading'; readonly compiled: Compiled | null } & Progress)
  | { readonly phase: 'ready'; readonly info: ModelInfo }
  | { readonly phase: 'cancelled' }
  | { readonly phase: 'failed'; readonly problem: Problem }
  /** Its worker ended by itself. */
  | { readonly phase: 'stopped'; readonly problem: Problem };

/** A model that is being fetched beside the one in use, or could not be. */
export type FetchState =
  | ({ readonly phase: 'fetching'; readonly name: string } & Progress)
  /** A checkpoint, which waits for a person's word. */
  | { readonly phase: 'offered'; readonly name: string; readonly offer: CheckpointOffer }
  | { readonly phase: 'failed'; readonly name: string; readonly problem: Problem };

/** What a person works on in one of the views that write. */
export interface Work {
  readonly story: Story | null;
  /** What that is written with: the page's settings, or those that its link or file came with. */
  readonly inForce: Settings;
  /** Texts that were on the screen before, and those that Undo took off it: the nearest to now is last, and first. */
  readonly past: readonly Story[];
  readonly future: readonly Story[];
  /** An earlier answer of the conversation, where the timeline and the edit are about that and not about the story. */
  readonly looked: Story | null;
  /** What is being edited of it, if anything is. */
  readonly edit: Edit | null;
  /** Null while it is shown as it is, and not as it was. */
  readonly playhead: Playhead | null;
  /** Why the last text ended early; stays until the next one begins. */
  readonly problem: Problem | null;
}

function noWork(inForce: Settings): Work {
  return { story: null, inForce, past: [], future: [], looked: null, edit: null, playhead: null, problem: null };
}

/** The views that write. A conversation is a story that answers `messages`. */
export type Desk = 'write' | 'chat';

/** Everything the page shows. */
export interface Session extends Work {
  readonly model: ModelState;
  /** The name of the model that was in use before the one that is to be loaded. */
  readonly earlierModel: string | null;
  readonly fetch: FetchState | null;
  /** What has happened to the model; stays until the next load, or until it is read. */
  readonly notices: readonly string[];
  readonly settings: Settings;
  /** The view whose work is shown, and the work of the other. */
  readonly desk: Desk;
  readonly aside: Work;
  /** The latest thing a screen reader is told. */
  readonly announced: string;
}

export function newSession(settings: Settings): Session {
  return {
    model: { phase: 'loading', compiled: null, ...NO_PROGRESS },
    earlierModel: null,
    fetch: null,
    notices: [],
    settings,
    ...noWork(settings),
    desk: 'write',
    aside: noWork(settings),
    announced: '',
  };
}

/** What the settings depend on; as with most models until there is one to ask. */
export function traitsOf(model: ModelState): ModelTraits {
  return model.phase === 'ready' ? model.info : ANY_MODEL;
}

const ANY_MODEL: ModelTraits = {
  blockSizes: [1, 2, 4, 8, 16, 32],
  defaultBlockSize: 8,
  origin: { type: 'embedded' },
  policies: POLICY_NAMES,
  decoding: { policy: 'confidence', threshold: 0.9 },
};

/** True where the model answers conversations. */
export function answers({ model }: Session): boolean {
  return model.phase === 'ready' && model.info.chat;
}

/** True where the text on screen is being written. */
export function isWriting({ story }: Pick<Work, 'story'>): boolean {
  return story?.phase === 'starting' || story?.phase === 'writing';
}

/** True where a text is being written in one of the views. */
export function isBusy(session: Session): boolean {
  return isWriting(session) || isWriting(session.aside);
}

/** What the timeline and the edit are about. */
export function storyLookedAt({ story, looked }: Work): Story | null {
  return looked ?? story;
}

/** True unless another model wrote the text, whose ids mean other words. */
export function isByModelInUse({ provenance }: Story, model: ModelState): boolean {
  return model.phase !== 'ready' || provenance === null || provenance.model.digest === model.info.digest;
}

/** True where the text on screen can be gone on with: it ended for no better reason than its length or a stop. */
export function canContinue(session: Session): boolean {
  const { model, story } = session;
  if (model.phase !== 'ready' || isWriting(session) || !story || story.reason === 'eos') return false;
  // Of a text that came without its tokens nobody knows the ids to go on from.
  return (
    story.said === null && isByModelInUse(story, model) && (story.settings.messages === undefined || model.info.chat)
  );
}

/** True where there is a conversation, on screen or aside. */
export function hasConversation({ story, aside }: Session): boolean {
  return [story, aside.story].some((each) => each?.settings.messages !== undefined);
}

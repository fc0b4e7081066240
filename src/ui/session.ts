import type { ErrorCode } from '../errors';
import type { GenerationMessage, ModelInfo } from '../worker/protocol';
import { announcement, returnAnnouncement } from './announce';
import type { Edit } from './editing';
import { moveBy, moveByBlock, type Playhead, playOn, restAt, togglePlay } from './playhead';
import type { Settings } from './settings';
import { continueStory, endStory, type Story } from './story';

export interface Problem {
  readonly code: ErrorCode;
  readonly message: string;
}

export type ModelState =
  | { readonly phase: 'loading'; readonly loadedBytes: number; readonly totalBytes: number }
  /** `bytes` is what was downloaded. */
  | { readonly phase: 'ready'; readonly info: ModelInfo; readonly bytes: number }
  | { readonly phase: 'cancelled' }
  | { readonly phase: 'failed'; readonly problem: Problem };

/** Everything the page shows. */
export interface Session {
  readonly model: ModelState;
  readonly settings: Settings;
  readonly story: Story | null;
  /** Texts that were on the screen before, and those that Undo took off it: the nearest to now is last, and first. */
  readonly past: readonly Story[];
  readonly future: readonly Story[];
  /** What is being edited of the story, if anything is. */
  readonly edit: Edit | null;
  /** Null while the story is shown as it is, and not as it was. */
  readonly playhead: Playhead | null;
  /** Why the last text ended early; stays until the next one begins. */
  readonly problem: Problem | null;
  /** The latest thing a screen reader is told. */
  readonly announced: string;
}

export type Action =
  | { readonly type: 'settings-changed'; readonly change: Partial<Settings> }
  | { readonly type: 'load-started' }
  | { readonly type: 'load-progressed'; readonly loadedBytes: number; readonly totalBytes: number }
  | { readonly type: 'load-ended'; readonly info: ModelInfo }
  | { readonly type: 'load-cancelled' }
  | { readonly type: 'load-failed'; readonly problem: Problem }
  | { readonly type: 'writing-started'; readonly story: Story }
  /** A text that was written before. */
  | { readonly type: 'story-opened'; readonly story: Story }
  | { readonly type: 'written'; readonly message: GenerationMessage }
  | { readonly type: 'writing-stopped' }
  | { readonly type: 'writing-failed'; readonly problem: Problem }
  | { readonly type: 'edited'; readonly edit: Edit | null }
  | { readonly type: 'undone' }
  | { readonly type: 'redone' }
  | { readonly type: 'scrubbed'; readonly position: number }
  | { readonly type: 'moved'; readonly by: number }
  | { readonly type: 'moved-by-block'; readonly by: 1 | -1 }
  | { readonly type: 'went-live' }
  | { readonly type: 'play-toggled' }
  /** `seconds` of the run's own time. */
  | { readonly type: 'played-on'; readonly seconds: number };

export function newSession(settings: Settings): Session {
  return {
    model: { phase: 'loading', loadedBytes: 0, totalBytes: 0 },
    settings,
    story: null,
    past: [],
    future: [],
    edit: null,
    playhead: null,
    problem: null,
    announced: '',
  };
}

/** The block sizes to offer; those of most models until there is one to ask. */
export function sizesOf(model: ModelState): Pick<ModelInfo, 'blockSizes' | 'defaultBlockSize'> {
  return model.phase === 'ready' ? model.info : ANY_MODEL;
}

const ANY_MODEL = { blockSizes: [1, 2, 4, 8, 16, 32], defaultBlockSize: 8 };

export function isWriting({ story }: Session): boolean {
  return story?.phase === 'starting' || story?.phase === 'writing';
}

/** True where the text on screen can be gone on with: it ended for no better reason than its length or a stop. */
export function canContinue(session: Session): boolean {
  const { model, story } = session;
  return model.phase === 'ready' && !isWriting(session) && story !== null && story.reason !== 'eos';
}

/** The session after an action. No action loses the settings or a text that is on the screen. */
export function reduce(session: Session, action: Action): Session {
  const next = change(session, action);
  const turned = next.story !== session.story && (action.type === 'undone' || action.type === 'redone');
  const announced = turned ? returnAnnouncement(action.type, next.story) : announcement(session.story, next.story);
  return announced === null ? next : { ...next, announced };
}

function change(session: Session, action: Action): Session {
  const { model, story, playhead } = session;
  const steps = story?.steps ?? [];
  switch (action.type) {
    case 'settings-changed':
      return { ...session, settings: { ...session.settings, ...action.change } };
    case 'load-started':
      return { ...session, problem: null, model: { phase: 'loading', loadedBytes: 0, totalBytes: 0 } };
    case 'load-progressed': {
      const { loadedBytes, totalBytes } = action;
      return model.phase === 'loading' ? { ...session, model: { ...model, loadedBytes, totalBytes } } : session;
    }
    case 'load-ended': {
      const bytes = model.phase === 'loading' ? model.totalBytes : 0;
      return { ...session, model: { phase: 'ready', info: action.info, bytes } };
    }
    case 'load-cancelled':
      return { ...session, model: { phase: 'cancelled' } };
    case 'load-failed':
      return { ...session, model: { phase: 'failed', problem: action.problem } };
    case 'writing-started':
    case 'story-opened':
      return { ...turnTo(session, action.story), past: remembered(session), future: [] };
    case 'written':
      return story && isWriting(session) ? { ...session, story: continueStory(story, action.message) } : session;
    case 'writing-stopped':
      return story && isWriting(session) ? { ...session, story: endStory(story, 'stopped') } : session;
    case 'writing-failed': {
      const ended = story && isWriting(session) ? endStory(story, 'failed') : story;
      return { ...session, story: ended, problem: action.problem };
    }
    case 'edited':
      return story && !isWriting(session) ? { ...session, edit: action.edit } : session;
    case 'undone': {
      const before = session.past.at(-1);
      if (!before || !story) return session;
      return { ...turnTo(session, before), past: session.past.slice(0, -1), future: [story, ...session.future] };
    }
    case 'redone': {
      const [next, ...future] = session.future;
      return next ? { ...turnTo(session, next), past: remembered(session), future } : session;
    }
    case 'scrubbed':
      return { ...session, edit: null, playhead: restAt(steps, action.position) };
    case 'moved':
      return { ...session, edit: null, playhead: moveBy(steps, playhead, action.by) };
    case 'moved-by-block':
      return { ...session, edit: null, playhead: moveByBlock(steps, playhead, action.by) };
    case 'went-live':
      return { ...session, playhead: null };
    case 'play-toggled':
      return { ...session, edit: null, playhead: togglePlay(steps, playhead) };
    case 'played-on':
      return playhead ? { ...session, playhead: playOn(steps, playhead, action.seconds) } : session;
    default:
      return action satisfies never;
  }
}

/** So many texts can be gone back to. */
const MOST_PAST = 50;

function remembered({ past, story }: Session): readonly Story[] {
  return story ? [...past, story].slice(-MOST_PAST) : past;
}

/** Another text is on the screen. */
function turnTo(session: Session, story: Story): Session {
  return { ...session, problem: null, playhead: null, edit: null, story };
}

import type { CheckpointOffer, GenerationEvent, ModelInfo } from '../../library/unmask';
import { systemOf } from '../chat/conversation';
import type { Edit } from '../editing/editing';
import { type Compiled, NO_PROGRESS, type Progress } from '../models/pace';
import { PACES, type Settings } from '../settings/settings';
import { continueStory, endStory, type Story } from '../story/story';
import { follow, followOn, moveBy, moveByBlock, type Playhead, playOn, restAt, togglePlay } from '../timeline/playhead';
import { announcement, returnAnnouncement } from './announce';
import {
  type Desk,
  isBusy,
  isByModelInUse,
  isWriting,
  type Problem,
  type Session,
  storyLookedAt,
  type Work,
} from './session';

/** What can happen to a session. */
export type Action =
  | { readonly type: 'settings-changed'; readonly change: Partial<Settings> }
  | { readonly type: 'load-started'; readonly earlierModel: string | null }
  | { readonly type: 'load-progressed'; readonly progress: Progress }
  | { readonly type: 'load-compiled'; readonly compiled: Compiled }
  | { readonly type: 'load-ended'; readonly info: ModelInfo }
  | { readonly type: 'load-cancelled' }
  | { readonly type: 'load-failed'; readonly problem: Problem }
  | { readonly type: 'model-stopped'; readonly problem: Problem }
  | { readonly type: 'fetch-started'; readonly name: string }
  | { readonly type: 'fetch-progressed'; readonly progress: Progress }
  | { readonly type: 'fetch-offered'; readonly offer: CheckpointOffer }
  | { readonly type: 'fetch-failed'; readonly problem: Problem }
  | { readonly type: 'fetch-ended' }
  | { readonly type: 'noticed'; readonly notice: string }
  | { readonly type: 'notices-read' }
  | { readonly type: 'desk-turned'; readonly desk: Desk }
  /** `inForce` where that is not the page's settings. */
  | { readonly type: 'writing-started'; readonly story: Story; readonly inForce?: Settings }
  | { readonly type: 'cleared' }
  /** An answer of the conversation; null for the last. */
  | { readonly type: 'looked-at'; readonly story: Story | null }
  /** A text that was written before. */
  | { readonly type: 'story-opened'; readonly story: Story }
  | { readonly type: 'written'; readonly message: GenerationEvent }
  | { readonly type: 'writing-stopped' }
  | { readonly type: 'writing-failed'; readonly problem: Problem }
  /** An edit of the text on screen, or of an earlier answer of its conversation. */
  | { readonly type: 'edit-begun'; readonly story: Story; readonly edit: Edit }
  | { readonly type: 'edited'; readonly edit: Edit | null }
  | { readonly type: 'undone' }
  | { readonly type: 'redone' }
  /** To a text that was on the screen before, or that was undone. */
  | { readonly type: 'returned'; readonly story: Story }
  | { readonly type: 'scrubbed'; readonly position: number }
  | { readonly type: 'moved'; readonly by: number }
  | { readonly type: 'moved-by-block'; readonly by: 1 | -1 }
  | { readonly type: 'went-live' }
  | { readonly type: 'play-toggled' }
  /** `seconds` of the clock on the wall. */
  | { readonly type: 'played-on'; readonly seconds: number };

/** The session after an action. No action loses the settings or a text that is on the screen. */
export function reduce(session: Session, action: Action): Session {
  const next = change(session, action);
  if (action.type === 'desk-turned') return next;
  if (next.aside.story !== session.aside.story) return announceAside(session, next);
  const { type } = action;
  const turned = next.story !== session.story && (type === 'undone' || type === 'redone' || type === 'returned');
  const announced = turned ? returnAnnouncement(type, next.story) : announcement(session.story, next.story);
  return announced === null ? next : { ...next, announced };
}

/** Of what is written in the other view only the end is told. */
function announceAside(before: Session, after: Session): Session {
  if (isWriting(after.aside)) return after;
  const end = announcement(before.aside.story, after.aside.story);
  const where = after.desk === 'write' ? 'Chat' : 'Write';
  return end === null ? after : { ...after, announced: `In ${where}: ${end}` };
}

/** Changes the work of the view in which a text is being written, if one is. */
function changeWriting(session: Session, change: (story: Story, work: Work) => Partial<Work>): Session {
  const { story, aside } = session;
  if (story && isWriting(session)) return { ...session, ...change(story, session) };
  if (aside.story && isWriting(aside)) return { ...session, aside: { ...aside, ...change(aside.story, aside) } };
  return session;
}

function change(session: Session, action: Action): Session {
  const { model, story, playhead } = session;
  const steps = storyLookedAt(session)?.steps ?? [];
  switch (action.type) {
    case 'settings-changed':
      return followAtPace(withSettings(session, action.change), session.settings);
    case 'load-started': {
      const { earlierModel } = action;
      const model = { phase: 'loading', compiled: null, ...NO_PROGRESS } as const;
      return { ...session, problem: null, notices: [], earlierModel, model };
    }
    case 'load-progressed':
      return model.phase === 'loading' ? { ...session, model: { ...model, ...action.progress } } : session;
    case 'load-compiled':
      return model.phase === 'loading' ? { ...session, model: { ...model, compiled: action.compiled } } : session;
    case 'load-ended':
      return { ...session, earlierModel: null, model: { phase: 'ready', info: action.info } };
    case 'load-cancelled':
      return { ...session, model: { phase: 'cancelled' } };
    case 'load-failed':
      return { ...session, model: { phase: 'failed', problem: action.problem } };
    case 'model-stopped':
      return { ...session, model: { phase: 'stopped', problem: action.problem } };
    case 'fetch-started':
      return { ...session, fetch: { phase: 'fetching', name: action.name, ...NO_PROGRESS } };
    case 'fetch-progressed': {
      const { fetch } = session;
      return fetch?.phase === 'fetching' ? { ...session, fetch: { ...fetch, ...action.progress } } : session;
    }
    case 'fetch-offered':
      return { ...session, fetch: { phase: 'offered', name: action.offer.name, offer: action.offer } };
    case 'fetch-failed': {
      const name = session.fetch?.name ?? '';
      return { ...session, fetch: { phase: 'failed', name, problem: action.problem } };
    }
    case 'fetch-ended':
      return { ...session, fetch: null };
    case 'noticed':
      return { ...session, notices: [...session.notices, action.notice] };
    case 'notices-read':
      return { ...session, notices: [] };
    case 'desk-turned': {
      const { story, inForce, past, future, looked, edit, playhead, problem, aside } = session;
      if (action.desk === session.desk) return session;
      const left = { story, inForce, past, future, looked, edit, playhead, problem };
      return { ...session, ...aside, playhead: playheadOnReturn(aside), desk: action.desk, aside: left };
    }
    case 'writing-started': {
      const inForce = action.inForce ?? session.settings;
      const started = { ...turnTo(session, action.story), inForce, past: remembered(session), future: [] };
      return { ...started, playhead: canFollow(started) ? follow(action.story.steps) : null };
    }
    case 'story-opened':
      return { ...turnTo(session, action.story), past: remembered(session), future: [] };
    case 'cleared':
      return session.story ? { ...turnTo(session, null), past: remembered(session), future: [] } : session;
    case 'written':
      return changeWriting(session, (story) => ({ story: continueStory(story, action.message) }));
    case 'writing-stopped':
      return changeWriting(session, (story) => ({ playhead: null, story: endStory(story, 'stopped') }));
    case 'writing-failed': {
      const { problem } = action;
      if (!isBusy(session)) return { ...session, problem };
      return changeWriting(session, (story) => ({ story: endStory(story, 'failed'), problem }));
    }
    case 'looked-at':
      return { ...session, looked: earlierAnswer(session, action.story), edit: null, playhead: null };
    case 'edit-begun':
      if (isWriting(session) || !isByModelInUse(action.story, session.model)) return session;
      return { ...session, looked: earlierAnswer(session, action.story), edit: action.edit, playhead: null };
    case 'edited':
      return story && !isWriting(session) ? { ...session, edit: action.edit } : session;
    case 'undone': {
      const before = session.past.at(-1);
      if (!before) return session;
      const future = story ? [story, ...session.future] : session.future;
      return { ...turnTo(session, before), past: session.past.slice(0, -1), future };
    }
    case 'redone': {
      const [next, ...future] = session.future;
      return next ? { ...turnTo(session, next), past: remembered(session), future } : session;
    }
    case 'returned': {
      const all = [...session.past, ...(story ? [story] : []), ...session.future];
      const at = all.indexOf(action.story);
      if (at < 0) return session;
      return { ...turnTo(session, action.story), past: all.slice(0, at), future: all.slice(at + 1) };
    }
    case 'scrubbed':
      return { ...session, edit: null, playhead: restAt(steps, action.position) };
    case 'moved':
      return { ...session, edit: null, playhead: moveBy(steps, playhead, action.by) };
    case 'moved-by-block':
      return { ...session, edit: null, playhead: moveByBlock(steps, playhead, action.by) };
    case 'went-live':
      return { ...session, looked: null, playhead: null };
    case 'play-toggled':
      return { ...session, edit: null, playhead: togglePlay(steps, playhead) };
    case 'played-on':
      return playhead ? { ...session, playhead: playedOn(session, playhead, action.seconds) } : session;
    default:
      return action satisfies never;
  }
}

/** `answer` if the conversation on screen has it before its last one, else null. */
function earlierAnswer({ story }: Work, answer: Story | null): Story | null {
  for (let each = story?.before ?? null; each; each = each.before) if (each === answer) return each;
  return null;
}

/** What is still followed is followed from where it is by now. */
function playheadOnReturn(work: Work): Playhead | null {
  if (work.playhead?.clock !== 'pace') return work.playhead;
  return isWriting(work) ? follow(work.story?.steps ?? []) : null;
}

function playedOn(session: Session, playhead: Playhead, seconds: number): Playhead | null {
  const { settings } = session;
  const steps = storyLookedAt(session)?.steps ?? [];
  if (playhead.clock === 'run') return playOn(steps, playhead, seconds * settings.speed);
  return followOn(steps, playhead, seconds, { pace: PACES[settings.pace], ended: !isWriting(session) });
}

/** A conversation is read as it is written. */
function canFollow({ story, settings }: Session): boolean {
  return settings.pace !== 'full' && story !== null && !story.settings.messages;
}

/** Another pace takes effect at once: in a text that is being written, and in one that is still followed. */
function followAtPace(session: Session, { pace }: Settings): Session {
  const { playhead, story, settings } = session;
  if (settings.pace === pace) return session;
  if (settings.pace === 'full') return playhead?.clock === 'pace' ? { ...session, playhead: null } : session;
  const starts = playhead === null && isWriting(session) && canFollow(session);
  return starts ? { ...session, playhead: follow(story?.steps ?? []) } : session;
}

/** So many texts can be gone back to. */
const MOST_PAST = 50;

function remembered({ past, story }: Session): readonly Story[] {
  return story ? [...past, story].slice(-MOST_PAST) : past;
}

/** Another text is on the screen. */
function turnTo(session: Session, story: Story | null): Session {
  // A conversation keeps the system turn that it has.
  const system = story?.settings.messages ? systemOf(story) : session.settings.system;
  const inForce = { ...session.settings, ...story?.provenance?.first, system };
  return { ...session, problem: null, looked: null, playhead: null, edit: null, story, inForce };
}

function withSettings(session: Session, change: Partial<Settings>): Session {
  const { settings, inForce, aside } = session;
  return {
    ...session,
    settings: { ...settings, ...change },
    inForce: { ...inForce, ...change },
    aside: { ...aside, inForce: { ...aside.inForce, ...change } },
  };
}

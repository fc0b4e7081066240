import type { GenerateSettings, PolicyName, RaceEvent } from '../../library/unmask';
import type { RunAction } from '../session/lent-run';
import type { Problem } from '../session/session';
import { generateSettings, type ModelTraits, policyFor, type Settings } from '../settings/settings';
import { continueStory, endStory, newStory, type Story } from '../story/story';
import { type Pair, pairOf } from './pair';
import { nameOfBoth } from './racer-names';
import { verdict } from './verdict';

/** What a racer does its own way. All else is the page's settings, the same for both. */
export interface Side {
  /** May be one that the model does not know; see `sideOn`. */
  readonly blockSize: number;
  readonly policy: PolicyName;
  /** May exceed the block size. */
  readonly steps: number;
}

/** What of a model a side depends on. */
export type SideTraits = Pick<ModelTraits, 'blockSizes' | 'policies' | 'decoding'>;

/** A race between two ways of writing the same text. */
export interface Race {
  readonly sides: Pair<Side>;
  readonly phase: 'ready' | 'running' | 'finished' | 'stopped' | 'failed';
  /** The name of the model that writes, or has written; null before the first race. */
  readonly by: string | null;
  /** Null before the first race. */
  readonly stories: Pair<Story> | null;
  /** Why the last race ended early; stays until the next race or load. */
  readonly problem: Problem | null;
  /** The latest thing a screen reader is told: the start or the verdict. */
  readonly announced: string;
}

export type RaceAction =
  | { readonly type: 'side-changed'; readonly racer: number; readonly change: Partial<Side> }
  | { readonly type: 'started'; readonly settings: Pair<GenerateSettings>; readonly by: string }
  | RunAction<RaceEvent>;

/** One token at a time against blocks that take about a third of its passes. */
export const FIRST_RACE: Race = {
  sides: [
    { blockSize: 1, policy: 'confidence', steps: 1 },
    { blockSize: 16, policy: 'confidence', steps: 8 },
  ],
  phase: 'ready',
  by: null,
  stories: null,
  problem: null,
  announced: '',
};

/** The side as a model can do it: with its largest block size that is not larger, and no more steps than that. */
export function sideOn(side: Side, model: SideTraits): Side {
  const { blockSize, steps } = side;
  const { blockSizes } = model;
  const known = blockSizes.findLast((size) => size <= blockSize) ?? blockSizes[0] ?? blockSize;
  return { blockSize: known, policy: policyFor(side, model), steps: Math.min(steps, known) };
}

/** What the worker is asked for on behalf of a side: both write as many tokens, wherever their sentences end. */
export function settingsOfSide(side: Side, settings: Settings, model: ModelTraits): GenerateSettings {
  return { ...generateSettings({ ...settings, ...sideOn(side, model) }, model), ending: 'length' };
}

/** The race after an action. What comes after its end changes nothing. */
export function reduceRace(race: Race, action: RaceAction): Race {
  const { sides, phase, stories } = race;
  switch (action.type) {
    case 'side-changed': {
      const changed = sides.map((side, racer) => (racer === action.racer ? { ...side, ...action.change } : side));
      return { ...race, sides: pairOf(changed) };
    }
    case 'started': {
      const started = pairOf(action.settings.map((settings) => newStory(settings, null)));
      const announced = `The race is on: ${nameOfBoth(started).join(' against ')}.`;
      return { ...race, phase: 'running', by: action.by, stories: started, problem: null, announced };
    }
    case 'event':
      return stories && phase === 'running' ? hear(race, stories, action.event) : race;
    case 'stopped':
      return stories && phase === 'running' ? end(race, stories, 'stopped') : race;
    case 'failed':
      return stories && phase === 'running' ? { ...end(race, stories, 'failed'), problem: action.problem } : race;
    case 'load-started':
      return race.problem ? { ...race, problem: null } : race;
    default:
      return action satisfies never;
  }
}

function hear(race: Race, stories: Pair<Story>, heard: RaceEvent): Race {
  switch (heard.type) {
    case 'raced': {
      const { racer, event } = heard;
      const next = stories.map((story, index) => (index === racer ? continueStory(story, event) : story));
      return { ...race, stories: pairOf(next) };
    }
    case 'race-done':
      return { ...race, phase: 'finished', announced: verdict(stories) };
    default:
      return heard satisfies never;
  }
}

/** Ends a race early. A racer that is done already stays so. */
function end(race: Race, stories: Pair<Story>, phase: 'stopped' | 'failed'): Race {
  const ended = stories.map((story) => (story.phase === 'finished' ? story : endStory(story, phase)));
  return { ...race, phase, stories: pairOf(ended), announced: 'The race ended early.' };
}

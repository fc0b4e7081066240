import type { ReadEvent, ReadRequest, Schedule } from '../../library/unmask';
import type { RunAction } from '../session/lent-run';
import type { Problem } from '../session/session';
import { EXAMPLE } from './example';
import { learn, newReport, type Report } from './report';
import { summaryOf } from './surprisal';

/** What a person sets. */
export interface ReadForm {
  /** Seen by the model, and not measured. */
  readonly before: string;
  readonly text: string;
  /** Of the clipped schedule U[β, ω]. */
  readonly clip: Schedule;
}

export interface Reading {
  readonly form: ReadForm;
  readonly phase: 'ready' | 'reading' | 'finished' | 'stopped' | 'failed';
  /** The name of the model that reads, or has read; '' before the first reading. */
  readonly by: string;
  /** Null until the model has begun. */
  readonly report: Report | null;
  /** Why the last reading ended early; stays until the next one or a load. */
  readonly problem: Problem | null;
  /** The latest thing a screen reader is told: the start or what came out. */
  readonly announced: string;
}

export type ReadAction =
  | { readonly type: 'form-changed'; readonly change: Partial<ReadForm> }
  | { readonly type: 'started'; readonly by: string }
  | RunAction<ReadEvent>;

export const FIRST_READING: Reading = {
  form: { ...EXAMPLE, clip: { from: 0.3, to: 0.8 } },
  phase: 'ready',
  by: '',
  report: null,
  problem: null,
  announced: '',
};

/** Characters that are read at most: a reading takes two passes a block for each draw of noise. */
export const MOST_CHARACTERS = 8000;

const LINEAR: Schedule = { from: 0, to: 1 };
const DRAWS = 8;
const SEED = 0;

/** What the worker is asked for; null where there is nothing to read. */
export function requestOf({ before, text, clip }: ReadForm): ReadRequest | null {
  if (text.trim() === '') return null;
  return { before, text: text.slice(0, MOST_CHARACTERS), draws: DRAWS, seed: SEED, schedules: [LINEAR, clip] };
}

/** The reading after an action. What comes after its end changes nothing. */
export function reduceReading(reading: Reading, action: ReadAction): Reading {
  const { phase } = reading;
  switch (action.type) {
    case 'form-changed':
      return { ...reading, form: { ...reading.form, ...action.change } };
    case 'started':
      return {
        ...reading,
        phase: 'reading',
        by: action.by,
        report: null,
        problem: null,
        announced: 'Reading the text.',
      };
    case 'event':
      return phase === 'reading' ? hear(reading, action.event) : reading;
    case 'stopped':
      return phase === 'reading' ? { ...reading, phase: 'stopped', announced: 'Stopped.' } : reading;
    case 'failed': {
      const { problem } = action;
      return phase === 'reading' ? { ...reading, phase: 'failed', problem, announced: 'Reading failed.' } : reading;
    }
    case 'load-started':
      return reading.problem ? { ...reading, problem: null } : reading;
    default:
      return action satisfies never;
  }
}

function hear(reading: Reading, event: ReadEvent): Reading {
  const { report } = reading;
  switch (event.type) {
    case 'read-started':
      return { ...reading, report: newReport(event) };
    case 'read-done':
      return { ...reading, phase: 'finished', announced: `The text is read. ${report ? summaryOf(report) : ''}` };
    case 'read-tokens':
    case 'read-size':
    case 'read-spread':
    case 'read-progress':
      return report ? { ...reading, report: learn(report, event) } : reading;
    default:
      return event satisfies never;
  }
}

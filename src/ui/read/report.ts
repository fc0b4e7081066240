import type { ReadEvent } from '../../library/unmask';

type Found<Type extends ReadEvent['type']> = Omit<Extract<ReadEvent, { type: Type }>, 'type'>;
export type SizeScore = Found<'read-size'>;
export type Spread = Found<'read-spread'>;

/** What is known of a text that was read, or is being read. */
export interface Report extends Found<'read-started'> {
  /** [tokens] the surprisal of each in nats; null where there is none, undefined while it is not known. */
  readonly nats: readonly (number | null | undefined)[];
  readonly sizes: readonly SizeScore[];
  readonly spreads: readonly Spread[];
  readonly done: number;
  readonly total: number;
}

export function newReport({ type, ...facts }: Extract<ReadEvent, { type: 'read-started' }>): Report {
  return { ...facts, nats: facts.tokens.map(() => undefined), sizes: [], spreads: [], done: 0, total: 0 };
}

type Learned = Extract<ReadEvent, { type: 'read-tokens' | 'read-size' | 'read-spread' | 'read-progress' }>;

/** The report after one more message. */
export function learn(report: Report, event: Learned): Report {
  switch (event.type) {
    case 'read-tokens': {
      const { from, nats } = event;
      return { ...report, nats: report.nats.toSpliced(from, nats.length, ...nats) };
    }
    case 'read-size':
      return { ...report, sizes: [...report.sizes, event] };
    case 'read-spread':
      return { ...report, spreads: [...report.spreads, event] };
    case 'read-progress':
      return { ...report, done: event.done, total: event.total };
    default:
      return event satisfies never;
  }
}

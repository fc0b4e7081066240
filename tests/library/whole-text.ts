import type { GenerationEvent } from '../../src/library/texts';

/** What the blocks of a generation add to its prompt. */
export function wholeText(events: readonly GenerationEvent[]): string {
  return events.map((event) => (event.type === 'block' ? event.text : '')).join('');
}

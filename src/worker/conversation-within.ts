import type { ChatTurn } from '../library/texts';

/**
 * The ids of a conversation that are at most `room`: what is over it is left out by whole turns, the oldest question
 * with its answer first. The system turn stays, and so does the last question, however long it is.
 */
export function conversationWithin(
  messages: readonly ChatTurn[],
  room: number,
  encode: (messages: readonly ChatTurn[]) => number[],
): { readonly messages: readonly ChatTurn[]; readonly ids: number[] } {
  const system = messages.slice(0, messages[0]?.role === 'system' ? 1 : 0);
  const questions = messages.flatMap(({ role }, index) => (role === 'user' ? [index] : []));
  // The first turns after the system turn belong to the first question, whoever speaks.
  const starts = [system.length, ...questions.slice(1)];
  for (const [index, start] of starts.entries()) {
    const kept = [...system, ...messages.slice(start)];
    const ids = encode(kept);
    if (ids.length <= room || index === starts.length - 1) return { messages: kept, ids };
  }
  return { messages, ids: encode(messages) };
}

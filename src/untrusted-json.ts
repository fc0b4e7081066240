import type { UnmaskError } from './errors';

/** Brackets within brackets. What a model folder holds has six at most. */
const DEEPEST = 32;
/** Commas and brackets: the largest tokenizers in use have a million. */
const MOST_MARKS = 2 ** 22;

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
// Brackets and braces are each the other with this bit.
const BRACE = 0x20;
const OPENING = 0x7b;
const CLOSING = 0x7d;

/**
 * The value of JSON that comes from outside. Before it is parsed it is held to a depth and to a number of
 * values, since a few bytes of brackets can take a hundred times their size in memory, and deep ones the
 * stack. Throws what `refuse` makes of the fault.
 */
export function parseUntrustedJson(bytes: Uint8Array, refuse: (what: string) => UnmaskError): unknown {
  checkMarks(bytes, refuse);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw refuse('it is not JSON');
  }
}

function checkMarks(bytes: Uint8Array, refuse: (what: string) => UnmaskError): void {
  let depth = 0;
  let marks = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte === QUOTE) {
      at = endOfText(bytes, at);
    } else if ((byte | BRACE) === OPENING) {
      depth += 1;
      marks += 1;
      if (depth > DEEPEST) throw refuse(`it has more than ${DEEPEST} brackets within each other`);
    } else if ((byte | BRACE) === CLOSING) {
      depth -= 1;
    } else if (byte === COMMA) {
      marks += 1;
    }
    if (marks > MOST_MARKS) throw refuse(`it has more than ${MOST_MARKS} values`);
  }
}

/** Where the quote at `start` is closed, or the end of the bytes. */
function endOfText(bytes: Uint8Array, start: number): number {
  let at = start + 1;
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return at;
}

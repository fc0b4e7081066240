const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** A key that an object of this JSON has twice, of which JSON.parse takes the last; null where there is none. */
export function duplicateKey(json: string): string | null {
  const keys: Set<string>[] = [];
  for (let at = 0; at < json.length; at++) {
    const character = json[at];
    if (character === '{') keys.push(new Set());
    if (character === '}') keys.pop();
    if (character !== '"') continue;
    const end = endOfText(json, at);
    if (isColonNext(json, end)) {
      const key = JSON.parse(json.slice(at, end)) as string;
      if (keys.at(-1)!.has(key)) return key;
      keys.at(-1)!.add(key);
    }
    at = end - 1;
  }
  return null;
}

/** The place after the quote that closes the text at `start`. */
function endOfText(json: string, start: number): number {
  let at = start + 1;
  while (json.charCodeAt(at) !== QUOTE) at += json.charCodeAt(at) === BACKSLASH ? 2 : 1;
  return at + 1;
}

function isColonNext(json: string, from: number): boolean {
  let at = from;
  while (' \t\n\r'.includes(json[at]!)) at++;
  return json[at] === ':';
}

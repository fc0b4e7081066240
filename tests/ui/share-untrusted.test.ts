import { expect, test } from 'vitest';
import { UnmaskError } from '../../src/errors';
import { linkHash, readLink, type TextSettings } from '../../src/ui/share/link';
import { openRunFile, readRunFile } from '../../src/ui/share/run-file';
import { randomNumbers } from './random-numbers';

/** Markup, code and escapes that do something where a text is taken for more than a text. */
const SCRIPTS = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "'-alert(1)-'",
  'javascript:alert(1)',
  'data:text/html,<script>alert(1)</script>',
  '</textarea><svg/onload=alert(1)>',
  '{{constructor.constructor("alert(1)")()}}',
  '__proto__',
  'constructor',
  '../../etc/passwd',
  'https://elsewhere.invalid/model/',
  '\0\u2028\u2029\u202e\ufeff',
  '\ud800',
  '%00%0d%0aSet-Cookie:x',
];
const NAMES = ['title', 'kind', 'text', 'block', 'steps', 'policy', 'threshold', 'entropy', 't', 'p', 'seed', 'length'];

test('four hundred addresses with code in them: only the texts of the prompt carry it, as they stand', () => {
  const random = randomNumbers(5);
  const pick = <T>(choices: readonly T[]) => choices[Math.floor(random() * choices.length)]!;
  let read = 0;
  for (let trial = 0; trial < 400; trial++) {
    const parameters = new URLSearchParams({ seed: '1' });
    for (let count = 0; count < 4; count++) {
      parameters.append(
        pick([...NAMES, 'model', 'on', '__proto__', 'toString']),
        pick(SCRIPTS).repeat(pick([1, 1, 1, 900])),
      );
    }
    const link = readLink(`#write?${parameters}`);
    if (!link) continue;
    read++;
    expect(link.digest ?? '').toMatch(/^([0-9a-f]{12})?$/);
    expect(link.device ?? '').toMatch(/^[a-z0-9-]{0,80}$/);
    const { title, freePrompt, ...others } = link.settings;
    expect(title.length).toBeLessThanOrEqual(160);
    expect(freePrompt.length).toBeLessThanOrEqual(4000);
    for (const value of Object.values(others)) expect(SCRIPTS).not.toContain(value);
    expect(Object.getPrototypeOf(link.settings)).toBe(Object.prototype);
    // What it says can be said again, and is then the same.
    expect(readLink(linkHash(link.settings, null))?.settings).toMatchObject(wholeText(link.settings));
  }
  expect(read).toBeGreaterThan(300);
});

/** A lone half of a surrogate pair cannot be in an address. */
function wholeText({ title, freePrompt, form }: TextSettings): Partial<TextSettings> {
  return form === 'free' ? { freePrompt: freePrompt.toWellFormed() } : { title: title.toWellFormed() };
}

const deep = (opening: string, times: number, closing = '') => opening.repeat(times) + closing.repeat(times);

test.each<[string, string]>([
  ['a million brackets', deep('[', 1e6)],
  ['many pairs of brackets', deep('[', 3e5, ']')],
  ['a hundred thousand objects in a field', `{"unmask":1,"model":${deep('{"name":', 1e5, '}')}`],
  ['three hundred thousand lists', `{"unmask":1,"blocks":[${'[],'.repeat(3e5)}[]]}`],
  ['another prototype', '{"__proto__":{"unmask":1,"model":{}}}'],
  ['a page', '<!doctype html><script>alert(1)</script>'],
  ['a number beyond all', '{"unmask":1e999}'],
  ['nothing', ''],
])('a run file of %s is refused in words', (_, text) => {
  expect(() => readRunFile(text)).toThrowError(
    expect.objectContaining({
      name: 'UnmaskError',
      code: 'bad-input',
      message: expect.stringMatching(/^This .{20,250}\.$/),
    }),
  );
});

test('a run file of more than 16 MB is refused unread', async () => {
  const text = () => Promise.reject(new Error('it was read'));
  const file = Object.assign(new Blob([new Uint8Array(16_000_001)]), { text });
  await expect(openRunFile(file)).rejects.toBeInstanceOf(UnmaskError);
});

import { expect, test } from 'vitest';
import { UnmaskError } from '../../src/errors';
import { DEFAULT_SETTINGS } from '../../src/ui/settings/settings';
import { textSettings } from '../../src/ui/share/link';
import { openRunFile, readRunFile, writeRunFile } from '../../src/ui/share/run-file';
import type { Provenance } from '../../src/ui/story/provenance';
import { continueStory, endStory, newStoryAfter, type Story } from '../../src/ui/story/story';
import { storyAt } from '../../src/ui/timeline/replay';
import { randomNumbers } from './random-numbers';
import { RUN_SETTINGS, scriptedRun, scriptedStory, storiesOf } from './run-script';

const PROVENANCE: Provenance = {
  model: { name: 'Scripted', digest: '0123456789ab', device: 'wasm' },
  first: textSettings(DEFAULT_SETTINGS),
  changes: 0,
  source: 'here',
};
const write = (story: Story) => writeRunFile(story, PROVENANCE);
const opened = (story: Story): Story => ({ ...story, provenance: { ...PROVENANCE, source: 'file' } });

const whole = scriptedStory(3);
const stopped = endStory(storiesOf(scriptedRun(3)).at(5)!, 'stopped');
const continued = storiesOf(scriptedRun(2), newStoryAfter(stopped, { ...RUN_SETTINGS, after: [1, 2, null] })).at(-1)!;
const titled = { ...whole, heading: { kind: 'Poem', title: 'rain' } };
const kept = { ...whole, kept: { blocks: 1, tokens: 3, pinned: 1, nfe: 4, seconds: 0.5, lessTokens: 3 } };

test.each([
  ['finished', whole],
  ['stopped in a block', stopped],
  ['gone on with', continued],
  ['with a title', titled],
  ['written anew from a block on', kept],
])('a run comes back as it was, with each of its steps: %s', (_, story) => {
  const read = readRunFile(write(story));
  expect(read).toEqual(opened(story));
  for (let position = 0; position <= story.steps.length; position++) {
    expect(storyAt(read, position)).toEqual(storyAt(opened(story), position));
  }
});

test('characters that are spread over tokens, and what was cut off, come back', () => {
  const messages = scriptedRun(1).map((message) =>
    message.type === 'block'
      ? { ...message, tokens: message.tokens.slice(0, 3).map((t) => ({ ...t, text: '雪' })) }
      : message,
  );
  const story = messages.reduce(continueStory, storiesOf([]).at(-1) ?? { ...whole, blocks: [], steps: [] });
  expect(readRunFile(write(story))).toEqual(opened(story));
});

test('a file takes little: no more than 100 bytes a token', () => {
  const tokens = 100 * 4;
  expect(write(scriptedStory(100)).length / tokens).toBeLessThan(100);
});

test('a file over 16 MB is refused before it is read', async () => {
  const blob = new Blob([new Uint8Array(16e6 + 1)]);
  await expect(openRunFile(blob)).rejects.toThrow('more than 16 MB');
});

test.each(['', 'null', '[]', '7', '{', '{}', '{"unmask":0}', '{"unmask":"1"}', '{"unmask":2}'])(
  '%j is not a run',
  (text) => refuses(text),
);

/** What a damaged or made-up file may have in place of a value. */
const WRONG = [null, -1, 1.5, 1e300, 'x'.repeat(30_000), '', [], {}, [null], true];

test('every field is checked: a wrong value is refused with one sentence that names it, or means the same as none', () => {
  const text = write({ ...continued, kept: kept.kept, heading: titled.heading });
  const paths = pathsOf(JSON.parse(text));
  const random = randomNumbers(11);
  let refused = 0;
  for (let trial = 0; trial < 600; trial++) {
    const file = JSON.parse(text);
    const path = paths[Math.floor(random() * paths.length)]!;
    const wrong = WRONG[Math.floor(random() * WRONG.length)];
    replaceAt(file, path, wrong);
    if (readable(JSON.stringify(file))) continue;
    refused++;
    refuses(JSON.stringify(file));
  }
  expect(refused).toBeGreaterThan(100);
});

test.each<[string, Path, unknown]>([
  ['steps of a block that is not there', ['steps', 0, 0], 99],
  ['steps that go back in time', ['steps', 1, 3], 0],
  ['steps that go back to a block', ['steps', 3, 0], 0],
  ['a place past its block', ['steps', 0, 4, 0, 0], 4],
  ['a probability above 1', ['steps', 0, 4, 0, 3], 1.01],
  ['a probability that is a text', ['steps', 0, 4, 0, 3], '<img src=x>'],
  ['a hole in a finished block', ['blocks', 1, 'tokens', 2], null],
  ['a block longer than it began', ['blocks', 1, 'tokens'], Array(5).fill([1, 'a', 1, 0])],
  ['an empty block', ['blocks', 0, 'start'], []],
  ['a text that is being written', ['phase'], 'writing'],
  ['an unknown policy', ['settings', 'policy'], 'toString'],
  ['no settings', ['settings'], undefined],
  ['no model', ['model'], undefined],
])('%s: refused', (_, path, wrong) => {
  const file: unknown = JSON.parse(write(whole));
  replaceAt(file, path, wrong);
  refuses(JSON.stringify(file));
});

test.each<[Path, unknown, string]>([
  [['nfe'], 'many', '“nfe” must be a whole number from 0 to 1000000000'],
  [['nfe'], undefined, '“nfe” must be there'],
  [['settings'], undefined, '“settings” must be there'],
  [['settings'], [], '“settings.prompt” must be there'],
  [['settings', 'policy'], 'guess', '“settings.policy” must be one of first-hitting, confidence'],
  [['steps', 0, 4, 0, 3], 1.01, '“steps[0][4][0][3]” must be a number from 0 to 1'],
  [['blocks', 1, 'tokens', 2], [1, 'a', 1], '“blocks[1].tokens[2]'],
  [['blocks', 1, 'tokens', 2], null, '“blocks[1].tokens” must be whole, since the block is finished'],
  [['steps', 1, 3], 0, '“steps” must be in order, each within its block'],
])('the sentence names the field and what it must be: %j as %j', (path, wrong, sentence) => {
  const file: unknown = JSON.parse(write(whole));
  replaceAt(file, path, wrong);
  expect(() => readRunFile(JSON.stringify(file))).toThrowError(sentence);
});

function refuses(text: string): void {
  try {
    readRunFile(text);
  } catch (error) {
    expect(error).toBeInstanceOf(UnmaskError);
    expect((error as UnmaskError).code).toBe('bad-input');
    expect((error as UnmaskError).message).toMatch(/^This .{20,250}\.$/);
    return;
  }
  throw new Error(`Read without complaint: ${text.slice(0, 200)}`);
}

/** True for a file that reads, and whose story can be shown at each of its steps. */
function readable(text: string): boolean {
  let story: Story;
  try {
    story = readRunFile(text);
  } catch {
    return false;
  }
  for (let position = 0; position <= story.steps.length; position++) storyAt(story, position);
  return true;
}

type Path = readonly (string | number)[];

function pathsOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const inner = Object.entries(value).flatMap(([key, item]) => pathsOf(item, [...path, key]));
  return path.length ? [path, ...inner] : inner;
}

function replaceAt(value: unknown, [key, ...rest]: Path, wrong: unknown): void {
  const parent = value as Record<string | number, unknown>;
  if (rest.length) replaceAt(parent[key!], rest, wrong);
  else parent[key!] = wrong;
}

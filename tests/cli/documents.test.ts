import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { readDocuments } from '../../src/cli/documents';
import { TemporaryFolders } from '../temporary-folders';

const folders = new TemporaryFolders();
afterAll(() => folders.remove());

async function fileOf(name: string, content: string | Uint8Array): Promise<string> {
  const file = join(await folders.make(), name);
  await writeFile(file, content);
  return file;
}

const ALL = Number.POSITIVE_INFINITY;
// The long one spans several chunks of a file; a line separator of Unicode is no line end of JSON.
const DOCUMENTS = ['a', `${'é風🪁'.repeat(30_000)}`, 'line\u2028separator', '\n'].map((text, index) => ({
  kind: 'Poem',
  title: `${index}`,
  text,
}));
const LINES = DOCUMENTS.map((document) => JSON.stringify(document)).join('\n');

describe('reads', () => {
  it.each<[string, string, string | Uint8Array]>([
    ['lines', 'a.jsonl', `${LINES}\n`],
    ['a last line without its end', 'a.jsonl', LINES],
    ['lines that end as on Windows', 'a.jsonl', `${LINES.replaceAll('\n', '\r\n')}\r\n`],
    ['packed lines', 'a.jsonl.gz', gzipSync(LINES)],
  ])('%s', async (_, name, content) => {
    expect(await readDocuments(await fileOf(name, content), ALL)).toEqual(DOCUMENTS);
  });

  it('no further than the limit', async () => {
    const file = await fileOf('a.jsonl', `${LINES}\nnonsense`);
    expect(await readDocuments(file, 2)).toEqual(DOCUMENTS.slice(0, 2));
    expect(await readDocuments(file, 4)).toEqual(DOCUMENTS);
    await expect(readDocuments(file, 5)).rejects.toMatchObject({ code: 'bad-input' });
  });
});

describe('says in one sentence what is wrong with', () => {
  it.each<[string, string, string | Uint8Array, RegExp]>([
    [
      'no JSON',
      'a.jsonl',
      `${LINES}\n{`,
      /a\.jsonl, line 5 must be a JSON object with the texts kind, title and text, or prompt and text\./,
    ],
    ['an empty line', 'a.jsonl', `\n${LINES}`, /line 1 must be/],
    ['null', 'a.jsonl', 'null', /line 1 must be/],
    ['a field that is missing', 'a.jsonl', '{"kind": "a", "title": "b"}', /line 1 must be/],
    ['a field of another kind', 'a.jsonl', '{"kind": "a", "title": 1, "text": "c"}', /line 1 must be/],
    ['an empty file', 'a.jsonl', '', /a\.jsonl is empty: give a file with documents in it\.$/],
    ['an empty packed file', 'a.jsonl.gz', gzipSync(''), /is empty/],
    ['a file that is not packed', 'a.jsonl.gz', LINES, /cannot be read: incorrect header check\. Name a/],
    ['a packed file that is cut off', 'a.jsonl.gz', gzipSync(LINES).subarray(0, 90), /cannot be read: unexpected end/],
    ['broken UTF-8', 'a.jsonl', new Uint8Array([0x7b, 0xff]), /is not UTF-8\. Name a/],
  ])('%s', async (_, name, content, message) => {
    await expect(readDocuments(await fileOf(name, content), ALL)).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringMatching(message),
    });
  });

  it.each(['nothing.jsonl', 'nothing.jsonl.gz'])('a missing file: %s', async (name) => {
    await expect(readDocuments(name, ALL)).rejects.toMatchObject({
      code: 'bad-input',
      message: `There is no file ${name}. Name a .jsonl or .jsonl.gz file with documents.`,
    });
  });

  it('a folder', async () => {
    await expect(readDocuments(await folders.make(), ALL)).rejects.toMatchObject({ code: 'bad-input' });
  });
});

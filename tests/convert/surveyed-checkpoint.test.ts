import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { exportCheckpoint } from '../../export/export-checkpoint';
import { type FoundCheckpoint, findAtAddress, findInFolder } from '../../src/checkpoint/remote/find-checkpoint';
import { makingOf, sayingWhatIsKept, surveyCheckpoint } from '../../src/convert/surveyed-checkpoint';
import { PassingFailure } from '../../src/model/source/server-answer';
import { LyingServer } from '../e2e/lying-server';
import { writeCheckpoint } from '../export/random-checkpoint';
import { filesIn } from '../files-in';
import { HubServer } from '../hub-server';
import { TemporaryFolders } from '../temporary-folders';
import { diskWorkplace } from './disk-workplace';

const PATIENCE = { stallMs: 500, waitsMs: [5, 10] };
const MODEL = 'someone/bd3lm';
/** The repository that a BD3-LM without a tokenizer takes it from. */
const GPT2 = 'openai-community/gpt2';

const folders = new TemporaryFolders();
const hub = new HubServer();
const plain = new LyingServer(filesIn('tests/fixtures/sdar-tiny'));
/** Its vocabulary is that of the tiny tokenizer, or larger. */
let checkpoint: Map<string, Buffer>;

beforeAll(async () => {
  const folder = await folders.make();
  await writeCheckpoint(folder, { vocab_size: 410 });
  checkpoint = filesIn(folder);
  await Promise.all([hub.start(), plain.start()]);
});
beforeEach(() => {
  hub.reset();
  hub.repositories.clear();
  hub.repositories.set(MODEL, checkpoint);
  hub.repositories.set(GPT2, new Map([...filesIn('tests/fixtures/byte-bpe'), ['config.json', Buffer.from('{}')]]));
});
afterAll(async () => {
  await Promise.all([hub.stop(), plain.stop()]);
  await folders.remove();
});

const signal = () => new AbortController().signal;
const find = (text: string) => findAtAddress(text, hub.url, PATIENCE, signal());
const survey = async (text = MODEL) =>
  surveyCheckpoint((await find(text)) as FoundCheckpoint, { endpoint: hub.url, patience: PATIENCE }, signal());

describe('a place', () => {
  it('with a manifest has a model folder, on a Hub and elsewhere', async () => {
    hub.repositories.set(MODEL, new Map([...checkpoint, ['manifest.json', Buffer.from('{}')]]));
    expect(await find(`${MODEL}@v1`)).toEqual({ type: 'model-folder', url: `${hub.url}/${MODEL}/resolve/v1/` });
    plain.files.set('manifest.json', Buffer.from('{}'));
    expect(await find(plain.url)).toEqual({ type: 'model-folder', url: plain.url });
    plain.files.delete('manifest.json');
    const files = ['manifest.json', 'config.json'].map((name) => new File(['{}'], name));
    expect(findInFolder('folder', files)).toEqual({ type: 'model-folder', url: null });
  });

  it('with a config alone has a checkpoint', async () => {
    expect(await find(MODEL)).toMatchObject({ type: 'checkpoint', place: MODEL, id: 'bd3lm' });
    expect(await find(plain.url)).toMatchObject({ type: 'checkpoint', place: plain.url, id: 'tiny' });
    expect(await find(`${plain.url}config.json`)).toMatchObject({ type: 'checkpoint', place: plain.url });
  });

  it('with neither is explained', async () => {
    hub.repositories.set(MODEL, new Map([['README.md', Buffer.from('# Nothing')]]));
    await expect(find(MODEL)).rejects.toThrow(/no manifest.json .* and no config.json of a checkpoint/);
    await expect(find(`${plain.url}nowhere/`)).rejects.toThrow(/nowhere\/ has no manifest.json/);
  });
});

describe('a survey', () => {
  it('says what there is, with the tokenizer of its family, and reads no weights', async () => {
    const surveyed = await survey();
    expect(surveyed).toMatchObject({
      config: { modelType: 'bd3lm' },
      tokenizer: { repository: GPT2 },
      heads: { name: 'bd3lm' },
    });
    expect(surveyed.fetchBytes).toBe(checkpoint.get('model.safetensors')!.length);
    expect(surveyed.keptBytes.q4).toBeLessThan(surveyed.keptBytes.q8);
    const ranges = hub.requests.filter(({ path }) => path === 'model.safetensors').map(({ range }) => range);
    expect(ranges).toEqual(['bytes=0-262143']);
  });

  it.each([
    ['sdar-tiny', 'Qwen/Qwen3-0.6B'],
    ['a2d-qwen3-tiny', 'Qwen/Qwen3-0.6B'],
    ['qwen3-tiny', 'Qwen/Qwen3-0.6B'],
    ['Fast_dLLM_Qwen-tiny', 'Qwen/Qwen2.5-0.5B-Instruct'],
    ['qwen2-tiny', 'Qwen/Qwen2.5-0.5B-Instruct'],
  ])('of %s takes the tokenizer of %s, as it has none', async (name, repository) => {
    const tokenizer = { model: { type: 'BPE', vocab: { a: 0, b: 1 }, merges: [] } };
    const files = { 'config.json': '{}', 'tokenizer.json': JSON.stringify(tokenizer) };
    hub.repositories.set(repository, new Map(Object.entries(files).map(([path, text]) => [path, Buffer.from(text)])));
    hub.repositories.set(MODEL, filesIn(`tests/fixtures/${name}`));
    expect(await survey()).toMatchObject({ tokenizer: { repository } });
  });

  it('explains a tokenizer that is nowhere', async () => {
    hub.repositories.delete(GPT2);
    await expect(survey()).rejects.toThrow(/has no model openai-community\/gpt2/);
    const files = [...filesIn('tests/fixtures/llama-tiny')].map(
      ([path, bytes]) => new File([new Uint8Array(bytes)], path),
    );
    const found = findInFolder('llama-tiny', files) as FoundCheckpoint;
    const surveying = surveyCheckpoint(found, { endpoint: hub.url, patience: PATIENCE }, signal());
    await expect(surveying).rejects.toThrow(/has no tokenizer.json.*could not show its text/);
  });

  it('leads to the folder that an export writes, its manifest too', async () => {
    const from = await folders.make();
    await writeCheckpoint(from, { vocab_size: 410 });
    const to = join(await folders.make(), 'bd3lm');
    await exportCheckpoint(from, to, 'q8', { tokenizerFolder: 'tests/fixtures/byte-bpe' });
    const { make, totalBytes } = await makingOf(await survey(), 'q8', signal());
    const streamed = await folders.make();
    const { open } = diskWorkplace(streamed);
    const manifest = await make(open, { signal: signal(), onProgress: () => {} });
    expect(Buffer.from(manifest).toString()).toBe(await readFile(join(to, 'manifest.json'), 'utf8'));
    let written = 0;
    for (const { path, bytes } of JSON.parse(Buffer.from(manifest).toString()).files) {
      expect((await readFile(join(streamed, path))).equals(await readFile(join(to, path))), path).toBe(true);
      written += bytes;
    }
    // Beside headers.
    expect(written - totalBytes).toBeGreaterThan(0);
    expect(written - totalBytes).toBeLessThan(20_000);
  });

  it('tells commits and dtypes apart', async () => {
    const key = async (dtype: 'q4' | 'q8') => (await makingOf(await survey(), dtype, signal())).key;
    const first = await key('q4');
    expect(await key('q4')).toBe(first);
    expect(await key('q8')).not.toBe(first);
    hub.repositories.set(MODEL, new Map([...checkpoint, ['LICENSE', Buffer.from('MIT')]]));
    expect(await key('q4')).not.toBe(first);
  });
});

it('a failure that may pass says how much is kept', async () => {
  const failing = sayingWhatIsKept({ signal: signal(), onProgress: () => {} }, async ({ onProgress }) => {
    onProgress(2.5e6, 10e6);
    throw new PassingFailure('The connection is lost');
  });
  await expect(failing).rejects.toThrow('2.5 of 10.0 MB are converted and kept, and the next try goes on from there.');
});

import { readdirSync, readFileSync } from 'node:fs';
import { cp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exportCheckpoint } from '../../export/export-checkpoint';
import { type GenerationEvent, type Model, openModel } from '../../src/library/node';
import { stories } from '../../src/library/stories';
import { writeCheckpoint } from '../export/random-checkpoint';
import { filesIn } from '../files-in';
import { HubServer } from '../hub-server';
import { TemporaryFolders } from '../temporary-folders';
import { wholeText } from './whole-text';

/** With the five tokens of a prompt two whole blocks. */
const SHORT = { maxTokens: 11, blockSize: 8, temperature: 0, seed: 3 } as const;

const folders = new TemporaryFolders();
let model: Model;
beforeAll(async () => {
  model = await openModel(undefined, { backend: 'wasm' });
});
afterAll(async () => {
  model.dispose();
  await folders.remove();
});

async function eventsOf(events: AsyncIterable<GenerationEvent>): Promise<GenerationEvent[]> {
  const all: GenerationEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

describe('a text', () => {
  test('is told step by step and block by block, and its blocks add up to it', async () => {
    const generation = model.generate('Once upon a time', SHORT);
    expect(generation.settings).toMatchObject({ ...SHORT, policy: 'confidence', steps: 8, topP: 0.95 });
    const events = await eventsOf(generation);
    expect(events[0]).toMatchObject({ type: 'started', promptTokens: 5 });
    expect(events.at(-1)).toMatchObject({ type: 'done', reason: 'length' });
    const reveals = events.flatMap((event) => (event.type === 'step' ? event.reveal : []));
    expect(reveals).toHaveLength(11);
    const blocks = events.filter((event) => event.type === 'block');
    // BOS and the prompt are the first of them.
    const tokens = blocks.flatMap((block) => block.tokens).slice(5);
    expect(tokens).toHaveLength(11);
    expect(wholeText(events)).toBe(tokens.map(({ text }) => text).join(''));
  });

  test('goes on from ids as from the text that they spell', async () => {
    const fromText = wholeText(await eventsOf(model.generate('Once upon a time', SHORT)));
    const tokens = await model.tokenize('Once upon a time');
    expect(tokens.map(({ text }) => text).join('')).toBe('Once upon a time');
    const ids = [model.info.bosId!, ...tokens.map(({ id }) => id)];
    expect(wholeText(await eventsOf(model.generate({ ids }, SHORT)))).toBe(fromText);
  });

  test('has a seed of its own where none is given, which gives it again', async () => {
    const free = { maxTokens: 24, temperature: 1.5, topP: 1 };
    const one = model.generate('The', free);
    const text = wholeText(await eventsOf(one));
    const again = model.generate('The', { ...free, seed: one.settings.seed });
    expect(wholeText(await eventsOf(again))).toBe(text);
    expect(model.generate('The', free).settings.seed).not.toBe(one.settings.seed);
  });

  test('is over when its loop is left, and cancelled by a signal or a newer one', async () => {
    for await (const event of model.generate('Once', { maxTokens: 4000 })) if (event.type === 'block') break;
    const abort = new AbortController();
    const long = model.generate('Once', { maxTokens: 4000, signal: abort.signal });
    await long.next();
    abort.abort();
    await expect(eventsOf(long)).rejects.toMatchObject({ code: 'cancelled' });
    const first = model.generate('Once', { maxTokens: 4000 });
    const second = eventsOf(model.generate('Once', SHORT));
    await expect(eventsOf(first)).rejects.toMatchObject({ code: 'cancelled' });
    expect((await second).at(-1)).toMatchObject({ type: 'done' });
  });

  test.each([
    ['a conversation without a chat template', [{ role: 'user', content: 'Hello' }] as const, {}, /no chat template/],
    ['a block size that the model was not trained on', 'Once', { blockSize: 5 }, /Choose 1, 2, 4, 8, 16 or 32/],
    ['a length below 0', 'Once', { maxTokens: -1 }, /of 1 or more, not -1/],
    ['a prompt that is none', 7 as unknown as string, {}, /prompt must be a text/],
    ['a setting that is no number', 'Once', { topP: 'all' as unknown as number }, /topP must be a number/],
  ])('refuses %s', async (_, prompt, options, message) => {
    const refused = { code: 'bad-input', message: expect.stringMatching(message) };
    await expect(eventsOf(model.generate(prompt, options))).rejects.toMatchObject(refused);
  });
});

test('a text is scored exactly at block size 1 and estimated above it, and what stands before it is not', async () => {
  const { tokens, nats, scored, sizes } = await model.score(' there was a fox.', {
    before: 'Once upon a time',
    draws: 3,
  });
  expect(scored).toEqual({ tokens: tokens.length, bytes: 17 });
  expect(sizes.map(({ blockSize }) => blockSize)).toEqual([1, 2, 4, 8, 16, 32]);
  const sum = nats.reduce<number>((total, each) => total + each!, 0);
  expect(sizes[0]!.natsPerToken).toBeCloseTo(sum / tokens.length, 10);
  expect(sizes[0]!.standardError).toBeNull();
  expect(sizes[3]!.standardError).toBeGreaterThan(0);
  const alone = await model.score(' there was a fox.', { blockSizes: [1] });
  expect(alone.sizes).toHaveLength(1);
  await expect(model.score('x', { blockSizes: [] })).rejects.toMatchObject({ code: 'bad-input' });
  await expect(model.score('x', { blockSizes: [3] })).rejects.toMatchObject({ code: 'bad-input' });
  expect(alone.sizes[0]!.natsPerToken).toBeGreaterThan(sizes[0]!.natsPerToken);
});

test('alternatives of a masked place begin with what arg-max wrote there', async () => {
  const events = await eventsOf(model.generate('Once upon a time', { ...SHORT, blockSize: 1, maxTokens: 1 }));
  const written = events.flatMap((event) => (event.type === 'step' ? event.reveal : []))[0]!;
  const place = { after: [], draft: [null], offset: 0 };
  const found = await model.alternatives('Once upon a time', place);
  expect(found).toHaveLength(5);
  expect(found[0]).toMatchObject({ id: written.id, text: written.text });
  expect(found[0]!.probability).toBeCloseTo(written.probability, 6);
});

describe('opening', () => {
  test('finds what is wrong with the first text before the weights are read', async () => {
    const folder = join(await folders.make(), 'stories');
    await cp('public/models/stories', folder, { recursive: true });
    await rm(join(folder, 'model.safetensors'));
    const opening = (blockSize: number) => openModel(folder, { firstText: { prompt: 'x', options: { blockSize } } });
    await expect(opening(7)).rejects.toMatchObject({ code: 'bad-input', message: expect.stringContaining('size 7') });
    await expect(opening(8)).rejects.toMatchObject({ code: 'bad-model', message: expect.stringContaining('has no') });
  });

  test('gives the first text a context that holds it, as far as the model can', async () => {
    const [checkpoint, folder] = [await folders.make(), join(await folders.make(), 'model')];
    await cp('tests/fixtures/qwen3-tiny', checkpoint, { recursive: true });
    const config = JSON.parse(readFileSync(join(checkpoint, 'config.json'), 'utf8'));
    await writeFile(join(checkpoint, 'config.json'), JSON.stringify({ ...config, max_position_embeddings: 4096 }));
    await exportCheckpoint(checkpoint, folder, 'f32');
    const contextFor = async (maxTokens: number) => {
      const firstText = { prompt: { ids: [1, 2, 3] }, options: { maxTokens } };
      const opened = await openModel(folder, { backend: 'wasm', firstText });
      opened.dispose();
      return opened.info.contextLength;
    };
    expect(await contextFor(100)).toBe(2048);
    expect(await contextFor(3000)).toBe(3003);
    expect(await contextFor(5000)).toBe(4096);
  });

  test('converts the checkpoint of a Hugging Face repository in memory', async () => {
    const checkpoint = await folders.make();
    await writeCheckpoint(checkpoint, { vocab_size: 410 });
    const hub = new HubServer();
    hub.repositories.set('someone/bd3lm', filesIn(checkpoint));
    const tokenizer = new Map([...filesIn('tests/fixtures/byte-bpe'), ['config.json', Buffer.from('{}')]] as const);
    hub.repositories.set('openai-community/gpt2', tokenizer);
    await hub.start();
    const options = { backend: 'wasm', hub: hub.url } as const;
    const opened = await openModel({ type: 'url', url: 'someone/bd3lm' }, options).finally(() => hub.stop());
    expect(opened.info).toMatchObject({ dtype: 'q8', origin: { type: 'checkpoint', place: 'someone/bd3lm' } });
    const events = await eventsOf(opened.generate('Hello', { maxTokens: 8, temperature: 0 }));
    expect(events.at(-1)).toMatchObject({ type: 'done' });
    opened.dispose();
  });

  test('takes a shorter context, and the URL of a folder', async () => {
    const short = await openModel(pathToFileURL('public/models/stories/'), { backend: 'wasm', context: 64 });
    expect(short.info).toMatchObject({ contextLength: 64, name: 'Unmask Stories' });
    short.dispose();
  });

  test.each([
    ['nowhere', 'bad-model', /nowhere has no manifest\.json/],
    ['http://127.0.0.1:1/model/', 'network', /could not be fetched/],
  ])('of %s fails with %s', async (place, code, message) => {
    await expect(openModel(place)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test('is cancelled by its signal', async () => {
    const signal = AbortSignal.abort();
    await expect(openModel(undefined, { signal })).rejects.toMatchObject({ code: 'cancelled' });
  });
});

test('a model that was disposed of refuses everything, as often as it is', async () => {
  const gone = await openModel(undefined, { backend: 'wasm' });
  gone.dispose();
  gone.dispose();
  await expect(eventsOf(gone.generate('Once'))).rejects.toMatchObject({ code: 'cancelled' });
  await expect(gone.tokenize('Once')).rejects.toMatchObject({ code: 'cancelled' });
});

test('the files of the stories model, which bundlers must find one by one, are all of its folder', () => {
  const place = stories();
  const urls = place.type === 'bundled' ? place.urls : {};
  const { files } = JSON.parse(readFileSync('public/models/stories/manifest.json', 'utf8'));
  expect(Object.keys(urls).sort()).toEqual(
    ['manifest.json', ...files.map(({ path }: { path: string }) => path)].sort(),
  );
  for (const [path, url] of Object.entries(urls)) {
    expect(readdirSync('public/models/stories')).toContain(path);
    // The query keeps Vite from making data URLs of small files.
    expect(url.replace('?no-inline', '')).toBe(pathToFileURL(`public/models/stories/${path}`).href);
  }
});

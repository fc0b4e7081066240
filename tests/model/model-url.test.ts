import { Readable } from 'node:stream';
import { describe, expect, it, vi } from 'vitest';
import { download } from '../../src/model/source/download';
import { openModelUrl } from '../../src/model/source/model-url';
import { parseModelConfig } from '../../src/network/families';
import { serveFolder } from './folder-server';
import { CONFIG, FILES, sha256Of, smallFolder } from './small-folder';

const { config, weights, generationConfig, tokenizer, tokenizerConfig } = FILES;

async function servedFolder() {
  const folder = await smallFolder();
  const server = await serveFolder(folder.path);
  const progress: [loaded: number, total: number][] = [];
  const open = (signal = new AbortController().signal) =>
    openModelUrl(server.url, { signal, onProgress: (loaded, total) => progress.push([loaded, total]) });
  return { folder, server, progress, open };
}

it('reads every file of the manifest, each when it is asked for', async () => {
  const { folder, server, open } = await servedFolder();
  const source = await open();
  expect(source.manifest).toEqual(folder.manifest);
  expect(source.config).toEqual(parseModelConfig(CONFIG));
  expect(server.requests.map(({ url }) => url)).toEqual(['/model/manifest.json', '/model/config.json']);
  for (const [path, bytes] of Object.entries(folder.files)) {
    const read = await source.read(path);
    expect(read).toEqual(new Uint8Array(bytes));
    expect(read.buffer.byteLength).toBe(bytes.length);
  }
});

it('asks whether what the browser keeps is still current', async () => {
  const { server, open } = await servedFolder();
  await (await open()).read(weights);
  expect(server.requests.map(({ headers }) => headers['cache-control'])).toEqual(Array(3).fill('max-age=0'));
});

it('progress begins at 0, never falls, and reaches the total with the last byte', async () => {
  const { folder, progress, open } = await servedFolder();
  const source = await open();
  const size = (path: string) => folder.files[path]!.length;
  const everyLoad = size(weights) + size(tokenizer) + size(tokenizerConfig);
  expect(progress).toEqual([[0, everyLoad]]);
  await Promise.all([source.read(tokenizer), source.read(tokenizerConfig)]);
  await source.read(generationConfig);
  await source.read(weights);
  const total = everyLoad + size(generationConfig);
  expect(progress.at(-1)).toEqual([total, total]);
  expect(progress.filter(([loaded, total]) => loaded >= total)).toHaveLength(1);
  const loaded = progress.map(([loaded]) => loaded);
  expect(loaded).toEqual(loaded.toSorted((a, b) => a - b));
  // The weights came in pieces.
  expect(progress.length).toBeGreaterThan(8);
});

it('is not complete while a file is still to come', async () => {
  const { folder, server, progress, open } = await servedFolder();
  const source = await open();
  let answer = () => {};
  server.answers.set(generationConfig, (response) => {
    answer = () => response.end(folder.files[generationConfig]);
  });
  const reading = source.read(generationConfig);
  for (const path of [tokenizer, tokenizerConfig, weights]) await source.read(path);
  expect(progress.every(([loaded, total]) => loaded < total)).toBe(true);
  await expect.poll(() => server.open()).toBe(1);
  answer();
  await reading;
  const [loaded, total] = progress.at(-1)!;
  expect(loaded).toBe(total);
});

it('a signed address that was led to and has expired is asked for once more', async () => {
  const { folder, server, open } = await servedFolder();
  let asked = 0;
  server.answers.set(weights, (response) => response.writeHead(302, { Location: '/signed' }).end());
  server.answers.set('/signed', (response) => {
    if (asked++ === 0) response.writeHead(403).end('expired');
    else response.end(folder.files[weights]);
  });
  expect(await (await open()).read(weights)).toEqual(new Uint8Array(folder.files[weights]!));
  expect(asked).toBe(2);
});

it('a file that is read again is counted once', async () => {
  const { progress, open } = await servedFolder();
  const source = await open();
  for (const path of [tokenizer, tokenizerConfig, weights, weights]) await source.read(path);
  const [loaded, total] = progress.at(-1)!;
  expect(loaded).toBe(total);
});

describe('a file that is not what the manifest says', () => {
  it.each([
    ['shorter', (bytes: Buffer) => bytes.subarray(1), 'it has 300000 bytes and should have 300001'],
    ['longer', (bytes: Buffer) => Buffer.concat([bytes, Buffer.from('x')]), 'it has more than 300001 bytes'],
    ['other', (bytes: Buffer) => Buffer.from(bytes).fill(bytes[7]! ^ 1, 7, 8), 'its SHA-256 is not the one'],
    ['empty', () => Buffer.alloc(0), 'it has 0 bytes and should have 300001'],
  ])('is refused when %s', async (_, change, message) => {
    const { folder, open } = await servedFolder();
    await folder.write(weights, change(folder.files[weights]!));
    const source = await open();
    await expect(source.read(weights)).rejects.toMatchObject({
      code: 'bad-model',
      message: expect.stringContaining(`model.safetensors is damaged: ${message}`),
    });
  });

  it('is not read to its end when it has none', async () => {
    const { server, open } = await servedFolder();
    let sent = 0;
    server.answers.set(weights, (response) => {
      const endless = new Readable({
        read() {
          sent += 2 ** 16;
          this.push(Buffer.alloc(2 ** 16));
        },
      });
      response.on('close', () => endless.destroy());
      endless.pipe(response);
    });
    const source = await open();
    await expect(source.read(weights)).rejects.toMatchObject({ code: 'bad-model' });
    await expect.poll(() => server.open()).toBe(0);
    // What the two ends of the socket had taken in before they heard of it is all.
    expect(sent).toBeLessThan(2 ** 25);
  });

  it('is refused when it is the config', async () => {
    const { folder, open } = await servedFolder();
    await folder.write(config, JSON.stringify({ ...CONFIG, n_blocks: 2 }));
    await expect(open()).rejects.toMatchObject({
      code: 'bad-model',
      message: expect.stringContaining('config.json is damaged: its SHA-256'),
    });
  });

  it('is refused when it is not listed, without asking for it', async () => {
    const { folder, server, open } = await servedFolder();
    await folder.write('other.bin', 'x');
    const source = await open();
    await expect(source.read('other.bin')).rejects.toMatchObject({
      code: 'bad-model',
      message: 'manifest.json does not list other.bin. Export the model again.',
    });
    expect(server.requests).toHaveLength(2);
  });

  it('is refused when no memory could hold it', async () => {
    const { folder, server, open } = await servedFolder();
    await expect(download(new URL(weights, server.url), 2 ** 50, () => {})).rejects.toMatchObject({
      code: 'out-of-memory',
      message: expect.stringContaining('model.safetensors takes'),
    });
    expect(server.requests).toHaveLength(0);
    folder.manifest.files.find(({ path }) => path === weights)!.bytes = 2 ** 40;
    await folder.writeManifest();
    await expect(open()).rejects.toMatchObject({
      code: 'bad-model',
      message: expect.stringMatching(/the weights have 1099511627776 bytes, and config.json asks for \d+\./),
    });
    expect(server.requests).toHaveLength(2);
  });

  it('is refused for its length alone where the page cannot hash', async () => {
    vi.stubGlobal('crypto', {});
    try {
      const { folder, open } = await servedFolder();
      const source = await open();
      await folder.write(tokenizerConfig, Buffer.alloc(90));
      expect(await source.read(tokenizerConfig)).toEqual(new Uint8Array(90));
      await folder.write(tokenizerConfig, Buffer.alloc(89));
      await expect(source.read(tokenizerConfig)).rejects.toMatchObject({ code: 'bad-model' });
    } finally {
      vi.unstubAllGlobals();
    }
  });
});

it('holds the config of a manifest to its fields', async () => {
  const { folder, open } = await servedFolder();
  const wrong = Buffer.from(JSON.stringify({ ...CONFIG, n_blocks: 0 }));
  await folder.write(config, wrong);
  Object.assign(folder.manifest.files[0]!, { bytes: wrong.length, sha256: sha256Of(wrong) });
  await folder.writeManifest();
  await expect(open()).rejects.toMatchObject({
    code: 'bad-model',
    message: expect.stringContaining('config.json: n_blocks must be'),
  });
});

describe('a server', () => {
  it.each([404, 403, 500])('that answers %d', async (status) => {
    const { server, open } = await servedFolder();
    const source = await open();
    for (const path of ['manifest.json', weights]) {
      // Never ended: the requests are over only when the other side hangs up.
      server.answers.set(path, (response) => response.writeHead(status).write('no'));
    }
    const advice = 'Check the connection and that the model is there, then try again.';
    const failure = (path: string) => ({
      code: 'network',
      message: `The server answered ${server.url}${path} with ${status}. ${advice}`,
    });
    await expect(source.read(weights)).rejects.toMatchObject(failure(weights));
    const noFolder = `${server.url} is not an Unmask model folder: it has no manifest.json. Check its address, or make one`;
    await expect(open()).rejects.toMatchObject(
      status === 404 ? { code: 'bad-model', message: expect.stringContaining(noFolder) } : failure('manifest.json'),
    );
    await expect.poll(() => server.open()).toBe(0);
  });

  it.each(['manifest.json', 'config.json'])('that answers with its page in place of %s', async (path) => {
    const { server, open } = await servedFolder();
    server.answers.set(path, (response) =>
      response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end('<!doctype html><p>Hello'),
    );
    await expect(open()).rejects.toMatchObject({
      code: 'network',
      message: expect.stringContaining(`The server answered ${server.url}${path} with a web page.`),
    });
  });

  it('that calls its page JSON', async () => {
    const { server, open } = await servedFolder();
    server.answers.set('manifest.json', (response) =>
      response.writeHead(200, { 'Content-Type': 'application/json' }).end('<!doctype html><p>Hello'),
    );
    await expect(open()).rejects.toMatchObject({
      code: 'bad-model',
      message: 'manifest.json is damaged: it is not JSON. Get or export the model again.',
    });
  });

  it('that is down', async () => {
    const { server, open } = await servedFolder();
    const source = await open();
    await server.stop();
    const failure = (path: string) => ({
      code: 'network',
      message: `${server.url}${path} could not be fetched. Check the connection, then try again.`,
    });
    await expect(source.read(weights)).rejects.toMatchObject(failure(weights));
    await expect(open()).rejects.toMatchObject(failure('manifest.json'));
  });

  it('that goes away in the middle of a file', async () => {
    const { folder, server, open } = await servedFolder();
    const source = await open();
    server.answers.set(weights, (response) => {
      const bytes = folder.files[weights]!;
      response.writeHead(200, { 'Content-Length': bytes.length });
      response.write(bytes.subarray(0, 1000), () => response.destroy());
    });
    await expect(source.read(weights)).rejects.toMatchObject({
      code: 'network',
      message: expect.stringContaining('model.safetensors could not be fetched'),
    });
  });
});

describe('cancelled', () => {
  const reason = { name: 'AbortError', constructor: DOMException };

  it('before it began', async () => {
    const { server, open } = await servedFolder();
    await expect(open(AbortSignal.abort())).rejects.toMatchObject(reason);
    expect(server.requests).toHaveLength(0);
  });

  it('while the server has not answered', async () => {
    const { server, open } = await servedFolder();
    const abort = new AbortController();
    server.answers.set(config, () => abort.abort());
    await expect(open(abort.signal)).rejects.toMatchObject(reason);
    await expect.poll(() => server.open()).toBe(0);
  });

  it('in the middle of a file, it leaves no open request', async () => {
    const { folder, server, progress, open } = await servedFolder();
    const source = await open();
    server.answers.set(weights, (response) => {
      response.write(folder.files[weights]!.subarray(0, 1000));
    });
    const abort = new AbortController();
    const reading = source.read(weights, abort.signal);
    await expect.poll(() => progress.at(-1)![0]).toBe(1000);
    expect(server.open()).toBe(1);
    abort.abort();
    await expect(reading).rejects.toMatchObject(reason);
    await expect.poll(() => server.open()).toBe(0);
  });

  it('one file can be read again', async () => {
    const { folder, open } = await servedFolder();
    const source = await open();
    await expect(source.read(weights, AbortSignal.abort())).rejects.toMatchObject(reason);
    expect(await source.read(weights)).toEqual(new Uint8Array(folder.files[weights]!));
  });
});

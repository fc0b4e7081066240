import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { cp, readFile, stat, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { Origin } from '../origin';
import type { TemporaryFolders } from '../temporary-folders';

/** A model folder on an origin of its own, which lets any page read it and sends parts of files. */
export class ModelHost {
  /** So many bytes of a file are sent, and the rest once `release` is called. */
  holdsAt = Number.POSITIVE_INFINITY;
  /** The ranges of model.safetensors that were asked for. */
  readonly ranges: (string | null)[] = [];
  readonly folder: string;
  readonly #origin = new Origin((request, response) => this.#answer(request, response));
  #released: (() => void)[] = [];

  constructor(folder: string) {
    this.folder = folder;
  }

  get url(): string {
    return `${this.#origin.url}/other/`;
  }

  start(): Promise<void> {
    return this.#origin.start();
  }

  async stop(): Promise<void> {
    this.release();
    await this.#origin.stop();
  }

  /** Sends what is held, and holds nothing more. */
  release(): void {
    this.holdsAt = Number.POSITIVE_INFINITY;
    for (const go of this.#released.splice(0)) go();
  }

  async #answer({ url, method, headers }: IncomingMessage, response: ServerResponse): Promise<void> {
    const cors = { 'Access-Control-Allow-Origin': '*', 'Access-Control-Allow-Headers': '*' };
    if (method === 'OPTIONS') {
      response.writeHead(204, cors).end();
      return;
    }
    const name = /^\/other\/([\w.]+)$/.exec(url ?? '')?.[1];
    const file = name && join(this.folder, name);
    if (!file || !(await stat(file).catch(() => null))) {
      response.writeHead(404, cors).end();
      return;
    }
    const bytes = await readFile(file);
    if (name === 'model.safetensors') this.ranges.push(headers.range ?? null);
    const from = Number(/^bytes=(\d+)-/.exec(headers.range ?? '')?.[1] ?? 0);
    const range = { 'Content-Range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` };
    const length = { 'Content-Length': bytes.length - from, 'Accept-Ranges': 'bytes' };
    response.writeHead(headers.range ? 206 : 200, { ...cors, ...length, ...(headers.range ? range : {}) });
    const held = Math.max(from, Math.min(bytes.length, this.holdsAt));
    response.write(bytes.subarray(from, held));
    if (held < bytes.length) await new Promise<void>((resolve) => this.#released.push(resolve));
    response.end(bytes.subarray(held));
  }
}

/**
 * The embedded model under another name, and as if trained on the block sizes 4 and 16 alone. Where a chat template is
 * given, it has that, and an answer goes on to the maximum length: its end is the mask token, which is never drawn.
 */
export async function otherModel(folders: TemporaryFolders, template?: string): Promise<string> {
  const folder = join(await folders.make(), 'other');
  await cp('public/models/stories', folder, { recursive: true });
  const change = async (file: string, edit: (json: Record<string, unknown>) => void) => {
    const json = JSON.parse(await readFile(join(folder, file), 'utf8'));
    edit(json);
    await writeFile(join(folder, file), JSON.stringify(json));
  };
  await change('config.json', (config) => {
    Object.assign(config, { block_sizes: [4, 16], block_size: 4 });
    const facts = config.unmask as { maskId: number; eosIds: number[] };
    if (template !== undefined) facts.eosIds = [facts.maskId];
  });
  if (template !== undefined) await writeFile(join(folder, 'chat_template.jinja'), template);
  await change('manifest.json', (manifest) => {
    const files = manifest.files as { path: string; bytes: number; sha256: string }[];
    for (const path of ['config.json', ...(template === undefined ? [] : ['chat_template.jinja'])]) {
      const bytes = readFileSync(join(folder, path));
      const facts = { path, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
      const listed = files.find((file) => file.path === path);
      if (listed) Object.assign(listed, facts);
      else files.push(facts);
    }
    Object.assign(manifest, { id: 'other', name: 'Other stories' });
  });
  return folder;
}

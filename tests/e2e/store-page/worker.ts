import { describeError } from '../../../src/errors';
import type { KeptSource, StoreOptions } from '../../../src/model/store/kept-model';
import { openModelStore } from '../../../src/model/store/model-store';
import type { CallMessage, CallName, NewsMessage, StoreCalls } from './calls';

type Calls = {
  [Name in CallName]: (
    args: Parameters<StoreCalls[Name]>,
    options: StoreOptions,
  ) => Promise<ReturnType<StoreCalls[Name]>>;
};

const patience = { stallMs: 20_000, waitsMs: [20, 40, 80, 160] };
const store = async () => (await openModelStore(patience))!;
const open = new Map<string, KeptSource>();
const aborts = new Map<number, AbortController>();

async function opened(opening: Promise<KeptSource>): Promise<string> {
  const source = await opening;
  open.set(source.id, source);
  return source.id;
}

const calls: Calls = {
  list: async () => (await store()).list(),
  fetch: async ([url], options) => opened((await store()).fetchFromUrl(url, options)),
  import: async ([name, files], options) => opened((await store()).importFiles(name, files, options)),
  open: async ([id], options) => opened((await store()).openKept(id, options)),
  async read([id, path], { signal }) {
    const bytes = await open.get(id)!.read(path, signal);
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
    return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
  },
  remove: async ([id]) => (await store()).remove(id),
  space: async () => (await store()).space(),
};

const tell = (news: NewsMessage) => postMessage(news);

addEventListener('message', async ({ data }: MessageEvent<CallMessage>) => {
  if (data.type === 'without-move') {
    delete (FileSystemFileHandle.prototype as { move?: unknown }).move;
    return;
  }
  if (data.type === 'stall-after') {
    patience.stallMs = data.ms;
    return;
  }
  const { callId } = data;
  if (data.type === 'cancel') {
    aborts.get(callId)?.abort();
    return;
  }
  const abort = new AbortController();
  aborts.set(callId, abort);
  const call = calls[data.name] as (args: readonly unknown[], options: StoreOptions) => Promise<unknown>;
  const onProgress = (...progress: [number, number]) => tell({ type: 'progress', callId, progress });
  try {
    const value = await call(data.args, { signal: abort.signal, onProgress });
    tell({ type: 'over', callId, outcome: { type: 'done', value } });
  } catch (error) {
    tell({ type: 'over', callId, outcome: { type: 'failed', ...describeError(error) } });
  }
});

import type { CallMessage, NewsMessage, Outcome } from './calls';

/** The page's side of one call. */
interface Call {
  readonly progress: (readonly [loaded: number, total: number])[];
  readonly outcome: Promise<Outcome<unknown>>;
  end(outcome: Outcome<unknown>): void;
}

/** What tests use through the browser. */
export interface StoreHandle {
  begin(name: string, args: readonly unknown[]): number;
  outcome(callId: number): Promise<Outcome<unknown>>;
  progress(callId: number): Call['progress'];
  cancel(callId: number): void;
  withoutMove(): void;
  stallAfter(ms: number): void;
}

const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
const calls: Call[] = [];
const tell = (message: CallMessage) => worker.postMessage(message);

worker.addEventListener('message', ({ data }: MessageEvent<NewsMessage>) => {
  const call = calls[data.callId]!;
  if (data.type === 'progress') call.progress.push(data.progress);
  else call.end(data.outcome);
});

const handle: StoreHandle = {
  begin(name, args) {
    const { promise, resolve } = Promise.withResolvers<Outcome<unknown>>();
    const callId = calls.push({ progress: [], outcome: promise, end: resolve }) - 1;
    tell({ type: 'call', callId, name, args } as CallMessage);
    return callId;
  },
  outcome: (callId) => calls[callId]!.outcome,
  progress: (callId) => calls[callId]!.progress,
  cancel: (callId) => tell({ type: 'cancel', callId }),
  withoutMove: () => tell({ type: 'without-move' }),
  stallAfter: (ms) => tell({ type: 'stall-after', ms }),
};

Object.assign(window, { store: handle });

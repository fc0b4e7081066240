import { UnmaskError } from '../errors';
import { type PageMessage, PROTOCOL_VERSION, type WorkerMessage } from './protocol';
import { RunStream } from './run-stream';
import type { WorkerEvents, WorkerPort } from './worker-events';

/** What the page still waits for. */
interface Run {
  receive(message: WorkerMessage): void;
  fail(error: UnmaskError): void;
}

const NO_SCRIPT =
  'The script of the worker that runs the model could not be fetched or started, or its host forbids it. Reload the ' +
  'page, or tell whoever runs the site.';

const cancelled = () => new UnmaskError('cancelled', 'Cancelled.');

/**
 * The runs that the page has with a worker, and the worker's life: it is started by the first request. Where it
 * stops by itself, what is under way fails with `internal`, `stopped` is told, and whatever is asked fails alike
 * until `revive`. Ids are never used twice, and a worker that was given up is not listened to any more.
 */
export class WorkerLine {
  readonly #open: () => WorkerPort;
  readonly #events: Partial<WorkerEvents>;
  readonly #runs = new Map<number, Run>();
  #port: WorkerPort | undefined;
  #lastRunId = 0;
  /** Why nothing can be asked. */
  #stopped: UnmaskError | undefined;
  #ended = false;

  constructor(open: () => WorkerPort, events: Partial<WorkerEvents>) {
    this.#open = open;
    this.#events = events;
  }

  /** Of the newest run. */
  get lastRunId(): number {
    return this.#lastRunId;
  }

  /** Lets the next request start another worker where the one before has stopped. */
  revive(): void {
    if (!this.#ended) this.#stopped = undefined;
  }

  /** Ends the worker for good; runs under way are cancelled. Safe to call twice. */
  end(): void {
    this.#ended = true;
    this.#stop(cancelled());
  }

  /** Sends what has no answer of its own. */
  tell(message: PageMessage): void {
    this.#port?.postMessage(message);
  }

  /** A run that ends with one answer. `take` returns it, or undefined for any other message. */
  ask<T>(
    request: (runId: number) => PageMessage,
    take: (message: WorkerMessage) => T | undefined,
    signal?: AbortSignal,
  ): Promise<T> {
    if (this.#stopped) return Promise.reject(this.#stopped);
    if (signal?.aborted) return Promise.reject(cancelled());
    return new Promise((resolve, reject) => {
      const receive = (message: WorkerMessage) => {
        const answer = take(message);
        if (answer === undefined && (message.type === 'progress' || message.type === 'compiled')) return;
        if (answer === undefined) reject(errorOf(message));
        else resolve(answer);
        finish();
      };
      const { runId, finish } = this.#enter({ receive, fail: reject }, signal);
      this.#started().postMessage(request(runId));
    });
  }

  /** A run that tells many things: the events in those messages that are `mine`, of which `last` is the last. */
  follow<Message extends WorkerMessage>(
    request: (runId: number) => PageMessage,
    mine: (message: WorkerMessage) => message is Message,
    last: Message['type'],
    signal?: AbortSignal,
  ): RunStream<EventOf<Message>> {
    const stream = new RunStream<EventOf<Message>>(() => leave());
    if (this.#stopped || signal?.aborted) {
      stream.end(this.#stopped ?? cancelled());
      return stream;
    }
    const receive = (message: WorkerMessage) => {
      if (mine(message)) stream.push(eventOf(message));
      if (mine(message) && message.type !== last) return;
      stream.end(mine(message) ? undefined : errorOf(message));
      finish();
    };
    const { runId, finish, leave } = this.#enter({ receive, fail: (error) => stream.end(error) }, signal);
    this.#started().postMessage(request(runId));
    return stream;
  }

  /** Enters a run. `finish` forgets it; `leave` also tells the worker. */
  #enter(run: Run, signal: AbortSignal | undefined) {
    const runId = ++this.#lastRunId;
    const finish = () => {
      this.#runs.delete(runId);
      signal?.removeEventListener('abort', cancel);
    };
    const leave = () => {
      finish();
      this.tell({ type: 'cancel', version: PROTOCOL_VERSION, runId });
    };
    const cancel = () => {
      leave();
      run.fail(cancelled());
    };
    this.#runs.set(runId, run);
    signal?.addEventListener('abort', cancel, { once: true });
    return { runId, finish, leave };
  }

  #started(): WorkerPort {
    if (this.#port) return this.#port;
    const port = this.#open();
    this.#port = port;
    let isHeard = false;
    port.addEventListener('message', ({ data }) => {
      isHeard = true;
      if (this.#port !== port) return;
      if (data.type === 'device-lost') this.#events.deviceLost?.();
      else this.#runs.get(data.runId)?.receive(data);
    });
    const crash = (event: Event) => {
      if (this.#port !== port) return;
      const error = crashOf(event, isHeard);
      this.#stop(error);
      this.#events.stopped?.(error);
    };
    port.addEventListener('error', crash);
    port.addEventListener('messageerror', crash);
    return port;
  }

  #stop(error: UnmaskError): void {
    this.#stopped ??= error;
    this.#port?.terminate();
    this.#port = undefined;
    const runs = [...this.#runs.values()];
    this.#runs.clear();
    for (const run of runs) run.fail(error);
  }
}

/** A message without the number of its run. */
type EventOf<Message> = Message extends unknown ? Omit<Message, 'runId'> : never;

function eventOf<Message extends WorkerMessage>({ runId: _, ...event }: Message): EventOf<Message> {
  return event as unknown as EventOf<Message>;
}

/** The error that a run's last message stands for. */
function errorOf(message: WorkerMessage): UnmaskError {
  if (message.type === 'error') {
    const { code, message: why, stack } = message;
    return new UnmaskError(code, why, stack === undefined ? {} : { cause: Object.assign(new Error(why), { stack }) });
  }
  if (message.type === 'cancelled') return cancelled();
  return new UnmaskError('internal', 'Something went wrong between the page and its worker. Reload the page.');
}

/** A worker that says nothing has not begun: its script did not come, or threw at once, which browsers do not tell apart. */
function crashOf(event: Event, isHeard: boolean): UnmaskError {
  const thrown = 'message' in event && typeof event.message === 'string' ? event.message : null;
  if (!isHeard && thrown === null) return new UnmaskError('network', NO_SCRIPT);
  const detail = thrown === null ? '' : ` (${thrown})`;
  return new UnmaskError('internal', `The worker that runs the model has stopped${detail}. Load the model again.`);
}

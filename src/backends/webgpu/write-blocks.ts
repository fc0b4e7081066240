import type { PassTrace } from '../../kernels/reveal';
import type { BlockStep } from '../backend';
import { checkPredictions } from '../check-predictions';
import { type DenoiseLoop, IN_FLIGHT } from './denoise-loop';
import type { DeviceGuard } from './device-guard';
import type { RunReplay } from './run-replay';
import type { SubmitSize } from './submit-size';

export interface Writing {
  readonly loop: DenoiseLoop;
  readonly replay: RunReplay;
  readonly size: SubmitSize;
  readonly guard: DeviceGuard;
  readonly vocabSize: number;
  /** The most passes under way at once; see `mostUnderWay`. */
  readonly mostUnderWay: number;
  /** Called before passes are submitted: so many that were not yet read are under way then. */
  prepare(underWay: number): void;
}

interface Submission {
  readonly passes: number;
  readonly at: number;
  readonly traces: Promise<PassTrace[]>;
}

/**
 * Keeps the GPU busy with a run that `loop` was started on, and yields its steps as they are read: the next
 * submission is made before the last one has come back. Once `signal` is aborted nothing more is submitted,
 * and it ends when the GPU is done with the submissions in flight: IN_FLIGHT times what `size` allows each.
 *
 * Throws `bad-model` where the network's logits cannot be right, and `device-lost`.
 */
export async function* writeBlocks(writing: Writing, signal: AbortSignal): AsyncGenerator<BlockStep, void> {
  const { loop, replay, size, guard } = writing;
  const inFlight: Submission[] = [];
  let idleSince = performance.now();

  function submitMore(): void {
    while (inFlight.length < IN_FLIGHT && !replay.done && !signal.aborted) {
      const waiting = inFlight.reduce((sum, { passes }) => sum + passes, 0);
      const passes = Math.min(size.passes, writing.mostUnderWay - waiting);
      if (passes < 1) return;
      writing.prepare(waiting + passes);
      const traces = loop.submit(passes);
      // Avoids an unhandled rejection; `guard.run` reports the error.
      traces.catch(() => {});
      inFlight.push({ passes, at: performance.now(), traces });
    }
  }

  try {
    submitMore();
    for (let next = inFlight[0]; next && !signal.aborted; next = inFlight[0]) {
      const { passes, at, traces } = next;
      const told = await guard.run(() => traces);
      inFlight.shift();
      const now = performance.now();
      const steps = replayed(replay, told, writing.vocabSize);
      // After the run's end passes are too cheap to learn from.
      if (!replay.done) size.took(passes, now - Math.max(at, idleSince));
      idleSince = now;
      submitMore();
      yield* steps;
    }
  } finally {
    await Promise.allSettled(inFlight.map(({ traces }) => traces));
  }
}

function replayed(replay: RunReplay, told: readonly PassTrace[], vocabSize: number): BlockStep[] {
  const steps: BlockStep[] = [];
  for (const trace of told) {
    if (replay.done) break;
    checkPredictions(trace.revealed, vocabSize);
    const step = replay.take(trace);
    if (step) steps.push(step);
  }
  return steps;
}

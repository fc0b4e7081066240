import type { AtWork } from '../../library/unmask';

/** How fast bytes come. */
export interface Pace {
  readonly bytesPerSecond: number;
  /** Infinity where nothing comes. */
  readonly secondsLeft: number;
}

export interface Progress {
  readonly loadedBytes: number;
  /** 0 until that is known. */
  readonly totalBytes: number;
  /** Null until there is something to tell. */
  readonly pace: Pace | null;
  readonly atWork: AtWork | null;
}

/** How many pipelines of the GPU are compiled. */
export interface Compiled {
  readonly done: number;
  readonly total: number;
}

export const NO_PROGRESS: Progress = { loadedBytes: 0, totalBytes: 0, pace: null, atWork: null };

/** The mean is over so many milliseconds, and told anew after so many: a number that changes faster is not read. */
const WINDOW_MS = 5_000;
const TOLD_EVERY_MS = 1_000;

interface Sample {
  readonly at: number;
  readonly loadedBytes: number;
}

/** Makes a pace out of counts of bytes, which come many times a second or not at all. */
export class PaceMeter {
  #samples: readonly Sample[] = [];
  #told: Pace | null = null;
  #toldAt = 0;

  /** `at` in milliseconds of any clock. */
  note(loadedBytes: number, totalBytes: number, at: number): Omit<Progress, 'atWork'> {
    if (this.#samples.length === 0) this.#toldAt = at;
    const samples = [...this.#samples, { at, loadedBytes }];
    // The last one before the window stays: it says how much there was when the window began.
    const first = Math.max(
      0,
      samples.findLastIndex((sample) => sample.at <= at - WINDOW_MS),
    );
    this.#samples = samples.slice(first);
    if (at - this.#toldAt >= TOLD_EVERY_MS) {
      this.#told = paceOf(this.#samples, totalBytes);
      this.#toldAt = at;
    }
    return { loadedBytes, totalBytes, pace: this.#told };
  }
}

function paceOf(samples: readonly Sample[], totalBytes: number): Pace {
  const [first, last] = [samples[0]!, samples.at(-1)!];
  const bytesPerSecond = Math.max(0, last.loadedBytes - first.loadedBytes) / ((last.at - first.at) / 1000);
  return { bytesPerSecond, secondsLeft: Math.max(0, totalBytes - last.loadedBytes) / bytesPerSecond };
}

/** `3.1 MB/s, about 40 seconds left` */
export function paceText({ bytesPerSecond, secondsLeft }: Pace): string {
  if (bytesPerSecond < 100) return 'waiting for data';
  const kilobytes = bytesPerSecond / 1e3;
  const speed =
    kilobytes < 999.5
      ? `${kilobytes.toPrecision(kilobytes < 10 ? 2 : 3)} KB/s`
      : `${(kilobytes / 1e3).toFixed(1)} MB/s`;
  return `${speed.replace(/\.0+ /, ' ')}, ${timeText(secondsLeft)} left`;
}

function timeText(seconds: number): string {
  if (seconds < 8) return 'a few seconds';
  if (seconds < 55) return `about ${Math.round(seconds / 10) * 10} seconds`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 2) return 'about a minute';
  if (minutes < 55) return `about ${minutes} minutes`;
  const hours = Math.round(minutes / 60);
  return hours < 2 ? 'about an hour' : `about ${hours} hours`;
}

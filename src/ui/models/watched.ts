import { NO_PROGRESS, PaceMeter, type Progress } from './pace';

/** How often the pace is worked out anew while nothing comes, in milliseconds. */
const TICK_MS = 1_000;

/** Does what reports bytes, and tells of them with their pace, also while none come. */
export async function watched<T>(
  work: (onProgress: (loadedBytes: number, totalBytes: number) => void) => Promise<T>,
  tell: (progress: Progress) => unknown,
): Promise<T> {
  const meter = new PaceMeter();
  let last: Progress = NO_PROGRESS;
  const note = (loadedBytes: number, totalBytes: number) => {
    last = meter.note(loadedBytes, totalBytes, performance.now());
    tell(last);
  };
  const ticking = setInterval(() => {
    if (last.totalBytes > 0 && last.loadedBytes < last.totalBytes) note(last.loadedBytes, last.totalBytes);
  }, TICK_MS);
  try {
    return await work(note);
  } finally {
    clearInterval(ticking);
  }
}

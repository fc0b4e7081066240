import type { AtWork } from '../../library/unmask';
import { NO_PROGRESS, PaceMeter, type Progress } from './pace';

/** How often the pace is worked out anew while nothing comes, in milliseconds. */
const TICK_MS = 1_000;

/** Does what reports bytes, and tells of them with their pace, also while none come. */
export async function watched<T>(
  work: (onProgress: (loadedBytes: number, totalBytes: number, atWork?: AtWork) => void) => Promise<T>,
  tell: (progress: Progress) => unknown,
): Promise<T> {
  const meter = new PaceMeter();
  let last: Progress = NO_PROGRESS;
  const note = (loadedBytes: number, totalBytes: number, atWork: AtWork | null = null) => {
    last = { ...meter.note(loadedBytes, totalBytes, performance.now()), atWork };
    tell(last);
  };
  const ticking = setInterval(() => {
    const { loadedBytes, totalBytes, atWork } = last;
    if (totalBytes > 0 && loadedBytes < totalBytes) note(loadedBytes, totalBytes, atWork);
  }, TICK_MS);
  try {
    return await work(note);
  } finally {
    clearInterval(ticking);
  }
}

/**
 * Firefox looks for finished work when something is submitted, and otherwise every 100 ms (docs/LOG.md): whatever sizes
 * or chooses by time would take that wait for the GPU's.
 */
const LOOKS_WHEN_SUBMITTED_TO = /Firefox/.test(globalThis.navigator?.userAgent ?? '');

/** Between two looks. Firefox makes it 4 where one timer follows another. */
const LOOK_MS = 1;

/** Waits until the GPU is done with what was submitted so far. */
export function workDone({ queue }: GPUDevice): Promise<void> {
  return withoutWaiting(queue, queue.onSubmittedWorkDone());
}

/** A promise of the GPU's, as soon as the GPU has kept it. */
export function withoutWaiting(queue: GPUQueue, promise: Promise<void>): Promise<void> {
  return LOOKS_WHEN_SUBMITTED_TO ? nudged(() => queue.submit([]), promise) : promise;
}

/** Calls `submitNothing` again and again until the promise is settled. */
export async function nudged(submitNothing: () => void, promise: Promise<void>): Promise<void> {
  let pending = true;
  const settle = () => {
    pending = false;
  };
  promise.then(settle, settle);
  while (pending) {
    submitNothing();
    await Promise.race([promise, new Promise((resolve) => setTimeout(resolve, LOOK_MS))]);
  }
  return promise;
}

/** onnxruntime-web refuses to create a session while it creates another, as when a load follows a cancelled one. */
let last: Promise<unknown> = Promise.resolve();

/** Runs what creates sessions once whatever did so before has ended. */
export function inTurn<T>(create: () => Promise<T>): Promise<T> {
  const turn = last.then(create);
  last = turn.catch(() => {});
  return turn;
}

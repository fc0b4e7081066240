/**
 * Tabs share the store. Whoever changes a model has it alone, whoever reads it shares it with other readers; the
 * browser frees a lock when its tab goes away.
 */
const lockOf = (id: string) => `unmask.model.${id}`;

/** Waits for whoever reads or changes the model, then runs `change`. Throws what it throws, or the AbortError. */
export function whileChanging<T>(id: string, signal: AbortSignal, change: () => Promise<T>): Promise<T> {
  return navigator.locks.request(lockOf(id), { mode: 'exclusive', signal }, change);
}

/** Waits for whoever changes the model, then runs `read`. Throws what it throws, or the AbortError. */
export function whileReading<T>(id: string, signal: AbortSignal | undefined, read: () => Promise<T>): Promise<T> {
  return navigator.locks.request(lockOf(id), signal ? { mode: 'shared', signal } : { mode: 'shared' }, read);
}

/** Runs `change` if nobody reads or changes the model, and `otherwise` if somebody does. */
export function ifUnused<T>(id: string, change: () => Promise<T>, otherwise: () => T): Promise<T> {
  const options = { mode: 'exclusive', ifAvailable: true } as const;
  return navigator.locks.request(lockOf(id), options, (lock) => (lock ? change() : otherwise()));
}

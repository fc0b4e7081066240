/**
 * Tabs share the store. Whoever changes a model has it alone, whoever reads it shares it with other readers; the
 * browser frees a lock when its tab goes away.
 */
const lockOf = (id: string) => `unmask.model.${id}`;

/** Locks that this worker has for changing. */
const ours = new Set<string>();

/** Waits for whoever reads or changes the model, then runs `change`. Throws what it throws, or the AbortError. */
export function whileChanging<T>(id: string, signal: AbortSignal, change: () => Promise<T>): Promise<T> {
  const name = lockOf(id);
  return navigator.locks.request(name, { mode: 'exclusive', signal }, async () => {
    ours.add(name);
    try {
      return await change();
    } finally {
      ours.delete(name);
    }
  });
}

/** Tells of a model who changes it now, if that is another tab. */
export async function workElsewhere(): Promise<(id: string) => 'another tab' | null> {
  const { held = [] } = await navigator.locks.query();
  const names = held.filter(({ mode }) => mode === 'exclusive').map(({ name }) => name);
  return (id) => (names.includes(lockOf(id)) && !ours.has(lockOf(id)) ? 'another tab' : null);
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

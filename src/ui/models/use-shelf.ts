import { useCallback, useEffect, useState } from 'react';
import { describeError } from '../../errors';
import type { ModelShelf } from '../../library/unmask';
import type { ModelLoader } from './model-loader';

interface Shelf {
  /** Null until it is known. */
  readonly shelf: ModelShelf | null;
  /** Why it cannot be. */
  readonly problem: string | null;
  readonly refresh: () => void;
}

/** Between two looks at what another tab is at work on. */
const LOOK_MS = 1_000;

/** The models that can be used without fetching. */
export function useShelf(models: ModelLoader): Shelf {
  const [asked, setAsked] = useState(0);
  const [found, setFound] = useState<Pick<Shelf, 'shelf' | 'problem'>>({ shelf: null, problem: null });
  // biome-ignore lint/correctness/useExhaustiveDependencies: `asked` asks again
  useEffect(() => {
    let isCurrent = true;
    models.librarian.list().then(
      (shelf) => isCurrent && setFound({ shelf, problem: null }),
      (error) => isCurrent && setFound((before) => ({ ...before, problem: describeError(error).message })),
    );
    return () => {
      isCurrent = false;
    };
  }, [models, asked]);
  const { shelf } = found;
  useEffect(() => {
    const isAtWork = shelf && [...shelf.kept, ...shelf.unfinished].some(({ atWork }) => atWork);
    if (!isAtWork) return;
    const timer = setTimeout(() => setAsked((times) => times + 1), LOOK_MS);
    return () => clearTimeout(timer);
  }, [shelf]);
  const refresh = useCallback(() => setAsked((times) => times + 1), []);
  return { ...found, refresh };
}

import { useEffect, useState } from 'react';
import type { ModelPlace } from '../../library/unmask';
import type { ModelLoader } from '../models/model-loader';

/** A model that can be used without fetching. */
interface Writer {
  readonly digest: string;
  readonly name: string;
  readonly place: ModelPlace;
}

/** The model with this digest, if it is here; null until that is known, and where none is asked for. */
export function useWriter(models: ModelLoader, digest: string | null): Writer | null {
  const [writer, setWriter] = useState<Writer | null>(null);
  useEffect(() => {
    if (digest === null) return;
    let isCurrent = true;
    void findWriter(models, digest).then((found) => {
      if (isCurrent) setWriter(found);
    });
    return () => {
      isCurrent = false;
    };
  }, [models, digest]);
  return writer?.digest === digest ? writer : null;
}

async function findWriter(models: ModelLoader, digest: string): Promise<Writer | null> {
  const shelf = await models.librarian.list().catch(() => null);
  if (!shelf) return null;
  const { embedded, kept } = shelf;
  if (embedded?.digest === digest) return { digest, name: embedded.name, place: models.embedded };
  const found = kept.find((model) => model.digest === digest);
  if (found) return { digest, name: found.name, place: { type: 'kept', id: found.id } };
  const other = models.moreModels.find((model) => model.digest === digest);
  return other ? { digest, name: other.name, place: { type: 'url', url: other.url } } : null;
}

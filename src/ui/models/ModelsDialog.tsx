import { useEffect, useRef, useState } from 'react';
import { describeError } from '../../errors';
import type { DistantPlace, ModelPlace } from '../../library/unmask';
import { Sheet } from '../fields/Sheet';
import type { Session } from '../session/session';
import { ModelList } from './ModelList';
import type { ModelLoader } from './model-loader';
import { spaceText } from './model-texts';
import { OpenModelForm } from './OpenModelForm';
import { PublishedList } from './PublishedList';
import { useShelf } from './use-shelf';
import './models.css';

interface Props {
  readonly session: Session;
  readonly models: ModelLoader;
  readonly onClose: () => void;
}

/** The models that are here, and the way to others. */
export default function ModelsDialog({ session, models, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const { shelf, problem, refresh } = useShelf(models);
  /** Whether a model was asked for here that is still looked for. */
  const [asked, setAsked] = useState(false);
  const { fetch, model } = session;
  // An offer has a sheet of its own, which comes once this has given the focus back.
  const isOffered = fetch?.phase === 'offered';
  // From here on the page itself shows how it goes.
  const isFetched = fetch?.phase === 'fetching' && (fetch.totalBytes > 0 || fetch.atWork !== null);
  const isFound = isFetched || model.phase === 'loading';
  useEffect(() => {
    if (isOffered || (asked && isFound)) dialog.current?.close();
  }, [asked, isFound, isOffered]);
  const open = (place: ModelPlace) => {
    setAsked(true);
    void models.open(place);
  };
  const use = (place: ModelPlace) => {
    dialog.current?.close();
    void models.open(place);
  };
  const [kept, setKept] = useState<string | null>(null);
  const remove = async (id: string) => {
    const refused = await models.librarian.remove(id).then(
      () => null,
      (error) => describeError(error).message,
    );
    setKept(refused);
    refresh();
    return refused === null ? 'removed' : 'kept';
  };
  const close = () => {
    // It was told here.
    if (fetch?.phase === 'failed') models.librarian.cancel();
    onClose();
  };
  return (
    <Sheet title="Models" className="models-sheet" ref={dialog} onClose={close}>
      {(problem ?? kept) ? (
        <p className="models-problem" role="alert">
          {problem ?? kept}
        </p>
      ) : null}
      {shelf ? (
        <>
          <ModelList
            shelf={shelf}
            inUse={model.phase === 'ready' ? model.info : null}
            more={models.moreModels}
            onUse={use}
            onUseEmbedded={() => use(models.embedded)}
            onGoOn={(url) => open({ type: 'url', url })}
            onRemove={remove}
          />
          <p className="hint">{spaceText(shelf.kept, shelf.space)}</p>
        </>
      ) : null}
      {/* The rest waits for the list, which would move it away under a pointer that is on its way to it. */}
      {shelf || problem ? (
        <>
          <OpenModelForm
            looking={asked && fetch?.phase === 'fetching' ? fetch.name : null}
            refused={asked && fetch?.phase === 'failed' ? fetch.problem.message : null}
            onOpen={(place: DistantPlace) => open(place)}
            onCancel={() => models.librarian.cancel()}
          />
          <PublishedList onOpen={open} />
        </>
      ) : (
        <p className="hint">Checking saved models…</p>
      )}
    </Sheet>
  );
}

import { lazy, Suspense, useCallback, useState } from 'react';
import type { Controller } from '../session/controller';
import type { Session } from '../session/session';
import type { Shortcut } from './shortcuts';

const ShortcutSheet = lazy(() => import('./ShortcutSheet'));
const ModelsDialog = lazy(() => import('../models/ModelsDialog'));
const OfferSheet = lazy(() => import('../models/OfferSheet'));

/** The dialogs of a view that writes, and whether they are open. */
export function useDialogs() {
  const [sheet, setSheet] = useState(false);
  const [choosing, setChoosing] = useState(false);
  const openSheet = useCallback(() => setSheet(true), []);
  const openModels = useCallback(() => setChoosing(true), []);
  const closeSheet = useCallback(() => setSheet(false), []);
  const closeModels = useCallback(() => setChoosing(false), []);
  return { sheet, choosing, openSheet, openModels, closeSheet, closeModels };
}

interface Props {
  readonly session: Session;
  readonly dialogs: ReturnType<typeof useDialogs>;
  readonly shortcuts: readonly Shortcut[];
  readonly controller: Controller;
}

/** What a screen reader is told, and the dialogs that are open. */
export function PageEnd({ session, dialogs, shortcuts, controller }: Props) {
  const { sheet, choosing, closeSheet, closeModels } = dialogs;
  return (
    <>
      <p className="visually-hidden" aria-live="polite">
        {session.announced}
      </p>
      {sheet ? (
        <Suspense>
          <ShortcutSheet
            shortcuts={shortcuts}
            keys={session.settings.keys}
            controller={controller}
            onClose={closeSheet}
          />
        </Suspense>
      ) : null}
      {session.fetch?.phase === 'offered' && !choosing ? (
        <Suspense>
          <OfferSheet offer={session.fetch.offer} models={controller.models} />
        </Suspense>
      ) : null}
      {choosing ? (
        <Suspense>
          <ModelsDialog session={session} models={controller.models} onClose={closeModels} />
        </Suspense>
      ) : null}
    </>
  );
}

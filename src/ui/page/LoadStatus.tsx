import { FetchStatus } from '../models/FetchStatus';
import { ProgressStatus } from '../models/ProgressStatus';
import type { Controller } from '../session/controller';
import type { Session } from '../session/session';

interface Props {
  readonly session: Session;
  readonly controller: Controller;
  readonly onLoad: () => void;
}

/** How far the model is, in bytes, with a way out; or a way back in. Failures are the alert's. */
export function LoadStatus({ session, controller, onLoad }: Props) {
  return (
    <>
      <FetchOrCancelled session={session} controller={controller} onLoad={onLoad} />
      <LoadProgress session={session} controller={controller} />
    </>
  );
}

/** How far a model is that is loaded into the page: first its bytes, then on a GPU what has to be compiled. */
export function LoadProgress({ session: { model }, controller }: Omit<Props, 'onLoad'>) {
  if (model.phase !== 'loading') return null;
  const cancel = () => controller.models.cancelLoad();
  const { compiled } = model;
  return (
    <ProgressStatus
      name="the model and runtime"
      doing="Loading"
      progress={model}
      compiled={compiled}
      onCancel={cancel}
    />
  );
}

/** How far a model is that is fetched beside the one in use; or a way back in after a load that was cancelled. */
export function FetchOrCancelled({ session, controller, onLoad }: Props) {
  const { model, fetch, earlierModel } = session;
  return (
    <>
      {fetch ? <FetchStatus fetch={fetch} models={controller.models} /> : null}
      {model.phase === 'cancelled' ? (
        <div className="load-status load-cancelled">
          <p>The model was not loaded.</p>
          <button type="button" className="quiet" onClick={onLoad}>
            Load the model
          </button>
          {earlierModel === null ? null : (
            <button type="button" className="quiet" onClick={() => void controller.models.goBack()}>
              Back to {earlierModel}
            </button>
          )}
        </div>
      ) : null}
    </>
  );
}

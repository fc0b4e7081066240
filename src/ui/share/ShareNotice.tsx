import type { ModelState } from '../session';
import { noticeOf, type Sharing } from './sharing';
import { useShared } from './use-shared';

interface Props {
  readonly sharing: Sharing;
  readonly model: ModelState;
}

/** Where the text on screen comes from, if not from here; and why a file could not be opened. */
export function ShareNotice({ sharing, model }: Props) {
  const shared = useShared(sharing);
  const notice = noticeOf(shared, model);
  return (
    <>
      {shared.refused ? (
        <div className="alert" role="alert">
          <h2>The file could not be opened</h2>
          <p>{shared.refused}</p>
          <div className="alert-actions">
            <button type="button" className="quiet" onClick={() => sharing.forgetRefusal()}>
              Close
            </button>
          </div>
        </div>
      ) : null}
      <p className="share-notice" role="status">
        {notice}
      </p>
    </>
  );
}

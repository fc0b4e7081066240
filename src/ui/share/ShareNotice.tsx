import { useStore } from 'zustand';
import type { Controller } from '../session/controller';
import type { Session } from '../session/session';
import { hasOtherSettings, noticeOf, type Sharing, writerElsewhere } from './sharing';
import { useWriter } from './use-writer';

interface Props {
  readonly sharing: Sharing;
  readonly session: Session;
  readonly controller: Controller;
}

/** Where the text on screen comes from, if not from here; and why a file could not be opened. */
export function ShareNotice({ sharing, session, controller }: Props) {
  const { story, model, settings } = session;
  const { refused } = useStore(sharing.store);
  const notice = noticeOf(story, model);
  const writer = useWriter(controller.models, writerElsewhere(story, model));
  return (
    <>
      {refused ? (
        <div className="alert" role="alert">
          <h2>{refused.what === 'file' ? 'The file could not be opened' : 'The conversation could not be opened'}</h2>
          <p>{refused.why}</p>
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
      {notice && writer ? (
        <p className="share-switch">
          <button type="button" className="quiet" onClick={() => void sharing.switchTo(writer.place)}>
            Switch to {writer.name}, which wrote it
          </button>
        </p>
      ) : null}
      {hasOtherSettings(story, settings) ? (
        <p className="share-switch">
          <button type="button" className="quiet" onClick={() => controller.adoptSettings()}>
            Use this text’s settings
          </button>
        </p>
      ) : null}
    </>
  );
}

import { useStore } from 'zustand';
import type { ModelLoader } from '../models/model-loader';
import type { ModelState } from '../session/session';
import type { Story } from '../story/story';
import { noticeOf, type Sharing, writerElsewhere } from './sharing';
import { useWriter } from './use-writer';

interface Props {
  readonly sharing: Sharing;
  /** The text on screen. */
  readonly story: Story | null;
  readonly model: ModelState;
  readonly models: ModelLoader;
}

/** Where the text on screen comes from, if not from here; and why a file could not be opened. */
export function ShareNotice({ sharing, story, model, models }: Props) {
  const { refused } = useStore(sharing.store);
  const notice = noticeOf(story, model);
  const writer = useWriter(models, writerElsewhere(story, model));
  return (
    <>
      {refused ? (
        <div className="alert" role="alert">
          <h2>The file could not be opened</h2>
          <p>{refused}</p>
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
    </>
  );
}

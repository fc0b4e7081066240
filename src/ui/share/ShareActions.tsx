import { lazy, Suspense, useState } from 'react';
import { createPortal } from 'react-dom';
import { asMarkdown } from '../chat/conversation';
import { CopyButton } from '../fields/CopyButton';
import type { Heat } from '../settings/settings';
import { type Story, wholeText } from '../story/story';
import { downloadFile } from './download-file';
import type { Sharing } from './sharing';

const SaveVideo = lazy(() => import('./video/SaveVideo'));

interface Props {
  readonly story: Story;
  readonly heat: Heat;
  readonly sharing: Sharing;
}

/** Ways to give the text to somebody else. */
export function ShareActions({ story, heat, sharing }: Props) {
  const [told, setTold] = useState(false);
  const [video, setVideo] = useState(false);
  const { hash } = sharing;
  const save = () => {
    const { file } = sharing;
    if (file !== null) downloadFile(new Blob([file], { type: 'application/json' }), 'unmask-run.json');
  };
  return (
    <>
      <div className="ending-actions">
        {story.settings.messages ? (
          <CopyButton label="Copy conversation" text={asMarkdown(story)} />
        ) : (
          <CopyButton label="Copy text" text={wholeText(story).trim()} />
        )}
        {hash === null ? null : (
          <CopyButton
            label="Copy link"
            text={new URL(hash, location.href).href}
            onCopied={() => setTold(story.provenance?.changed ?? false)}
          />
        )}
        <button type="button" className="quiet" onClick={save}>
          Save run
        </button>
        {story.steps.length === 0 ? null : (
          <button type="button" className="quiet" onClick={() => setVideo(true)}>
            Save video
          </button>
        )}
      </div>
      <p className="hint share-told" role="status">
        {told ? 'The link writes the text as it first began. What was changed since is only in a saved run.' : ''}
      </p>
      {video ? (
        <Suspense>
          {createPortal(<SaveVideo story={story} heat={heat} onClose={() => setVideo(false)} />, document.body)}
        </Suspense>
      ) : null}
    </>
  );
}

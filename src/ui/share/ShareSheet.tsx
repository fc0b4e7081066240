import { useState } from 'react';
import { asMarkdown } from '../chat/conversation';
import { CopyButton } from '../fields/CopyButton';
import { Sheet } from '../fields/Sheet';
import type { Heat } from '../settings/settings';
import { type Story, wholeText } from '../story/story';
import { downloadFile } from './download-file';
import { fileName } from './file-name';
import type { Sharing } from './sharing';
import { VideoMaker } from './video/VideoMaker';

interface Props {
  readonly story: Story;
  readonly heat: Heat;
  readonly sharing: Sharing;
  readonly onClose: () => void;
}

/** Ways to give the text to somebody else, the moving picture first. */
export default function ShareSheet({ story, heat, sharing, onClose }: Props) {
  const [told, setTold] = useState(false);
  const { hash } = sharing;
  const { provenance } = story;
  const save = () => {
    const { file } = sharing;
    if (file !== null) downloadFile(new Blob([file], { type: 'application/json' }), fileName(story, 'json'));
  };
  return (
    <Sheet title="Share" className="share-sheet" onClose={onClose}>
      {story.steps.length === 0 ? null : <VideoMaker story={story} heat={heat} />}
      <div className="share-ways">
        {hash === null ? null : (
          <CopyButton label="Copy link" text={new URL(hash, location.href).href} onCopied={() => setTold(true)} />
        )}
        <button type="button" className="quiet" onClick={save}>
          Save run
        </button>
        {story.settings.messages ? (
          <CopyButton label="Copy conversation" text={asMarkdown(story)} />
        ) : (
          <CopyButton label="Copy text" text={wholeText(story).trim()} />
        )}
      </div>
      {provenance ? (
        <p className="hint">Written by {provenance.model.name}. The link and the saved run say so.</p>
      ) : null}
      <p className="hint share-told" role="status">
        {told || hash === null ? linkText(story, hash) : ''}
      </p>
    </Sheet>
  );
}

/** What a link of the text lacks. */
function linkText({ settings, provenance }: Story, hash: string | null): string {
  if (settings.messages) {
    return hash === null
      ? 'This conversation is too long for a link. A saved run has all of it.'
      : 'The link has what was said. How it was written is only in a saved run.';
  }
  return provenance && provenance.changes > 0
    ? 'The link recreates the text as it was first written. Later changes are only in a saved run.'
    : '';
}

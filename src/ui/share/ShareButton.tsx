import { lazy, Suspense, useState } from 'react';
import { createPortal } from 'react-dom';
import type { Heat } from '../settings/settings';
import type { Story } from '../story/story';
import type { Sharing } from './sharing';

const ShareSheet = lazy(() => import('./ShareSheet'));

interface Props {
  readonly story: Story;
  readonly heat: Heat;
  readonly sharing: Sharing;
}

/** Opens the ways to give the text to somebody else. */
export function ShareButton({ story, heat, sharing }: Props) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <button type="button" className="quiet" aria-haspopup="dialog" onClick={() => setOpen(true)}>
        Share
      </button>
      {open ? (
        <Suspense>
          {createPortal(
            <ShareSheet story={story} heat={heat} sharing={sharing} onClose={() => setOpen(false)} />,
            document.body,
          )}
        </Suspense>
      ) : null}
    </>
  );
}

import { useCallback, useEffect, useState } from 'react';
import { readRunFile } from '../../share/run-file';
import type { Story } from '../../story/story';

/** What the page plays until the first text is there. */
interface Playing {
  /** Null where there is nothing to play. */
  readonly recorded: Story | null;
  /** Takes the recording off the page; `seen` where anything of it was shown. */
  readonly end: (seen: boolean) => void;
  /** Whether `story` is the text that took the place of a recording. */
  readonly isLive: boolean;
}

/** The recorded run, from when it is `wanted` until it ends itself; `story` is the text that is written. */
export function useRecording(story: Story | null, wanted: boolean): Playing {
  const [recorded, setRecorded] = useState<Story | null>(null);
  const [seen, setSeen] = useState(false);
  const first = story?.provenance?.first;
  const [live, setLive] = useState<typeof first>();
  // The first text after a recording, which may begin only after that has ended.
  if (seen && first && !live) setLive(first);
  useEffect(() => {
    if (!wanted) return;
    let isCurrent = true;
    // Without it the page is only emptier.
    import('./recorded-run.json?raw').then(
      ({ default: text }) => isCurrent && setRecorded(readRunFile(text)),
      () => {},
    );
    return () => {
      isCurrent = false;
    };
  }, [wanted]);
  const end = useCallback((seen: boolean) => {
    setRecorded(null);
    setSeen(seen);
  }, []);
  return { recorded, end, isLive: live !== undefined && live === first };
}

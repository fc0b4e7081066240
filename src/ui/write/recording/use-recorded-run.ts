import { useEffect, useState } from 'react';
import { readRunFile } from '../../share/run-file';
import type { Story } from '../../story/story';

/** The recorded run, once it is here and for as long as it is `wanted`; else null. */
export function useRecordedRun(wanted: boolean): Story | null {
  const [recorded, setRecorded] = useState<Story | null>(null);
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
  return wanted ? recorded : null;
}

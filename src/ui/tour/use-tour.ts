import { useCallback, useEffect, useState } from 'react';
import type { Controller } from '../session/controller';
import type { Story } from '../story/story';

/** Whether the tour is on. On a first visit it begins by itself once a block of text stands, and never again. */
export function useTour(controller: Controller, shown: Story | null, isNew: boolean) {
  const [touring, setTouring] = useState(false);
  const begins = isNew && shown?.blocks[0]?.committed === true;
  useEffect(() => {
    // Who has begun to do something is not interrupted.
    if (!begins || document.activeElement !== document.body) return;
    controller.set({ tour: 'seen' });
    setTouring(true);
  }, [begins, controller]);
  const start = useCallback(() => setTouring(true), []);
  const end = useCallback(() => setTouring(false), []);
  return { touring, start, end };
}

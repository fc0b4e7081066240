import { useId } from 'react';
import { useLimit } from '../fields/use-limit';
import { WaitingNote } from '../fields/WaitingNote';
import type { Controller } from '../session/controller';
import { LONGEST } from '../settings/settings';
import type { Story } from '../story/story';
import { systemOf } from './conversation';

interface Props {
  /** What the next answer's conversation begins with. */
  readonly system: string;
  /** The conversation, if there is one. */
  readonly story: Story | null;
  readonly writing: boolean;
  readonly controller: Controller;
}

/** What a conversation begins with, and the button that begins another. */
export function SystemField({ system, story, writing, controller }: Props) {
  const id = useId();
  const limit = useLimit(LONGEST.system, (system) => controller.set({ system }));
  const waits = writing && systemOf(story) !== system.trim();
  return (
    <section className="group conversation" aria-label="The conversation">
      <div className="field">
        <label htmlFor={id}>System prompt</label>
        <textarea id={id} rows={3} aria-describedby={`${id}-hint`} value={system} onChange={limit.onChange} />
        {limit.note}
        <p className="hint" id={`${id}-hint`}>
          How the model should answer. Some models use their own if this is empty.
        </p>
      </div>
      <button type="button" className="quiet" disabled={story === null} onClick={() => controller.clear()}>
        New conversation
      </button>
      <WaitingNote until={waits ? 'next answer' : null} />
    </section>
  );
}

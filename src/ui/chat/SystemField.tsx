import { useId } from 'react';
import type { Controller } from '../controller';
import type { Settings } from '../settings';
import { WaitingNote } from '../WaitingNote';

interface Props {
  readonly settings: Settings;
  readonly writing: boolean;
  /** Whether there is a conversation. */
  readonly begun: boolean;
  readonly controller: Controller;
}

/** What a conversation begins with, and the button that begins another. */
export function SystemField({ settings, writing, begun, controller }: Props) {
  const id = useId();
  return (
    <section className="compose" aria-label="The conversation">
      <div className="field">
        <label htmlFor={id}>System prompt</label>
        <textarea
          id={id}
          rows={3}
          maxLength={4000}
          aria-describedby={`${id}-hint`}
          value={settings.system}
          onChange={(event) => controller.set({ system: event.target.value })}
        />
        <p className="hint" id={`${id}-hint`}>
          How the model is to answer. Some models have one of their own where this is empty.
        </p>
      </div>
      <button type="button" className="quiet" disabled={!begun} onClick={() => controller.clear()}>
        New conversation
      </button>
      <WaitingNote until={writing ? 'next answer' : null} />
    </section>
  );
}

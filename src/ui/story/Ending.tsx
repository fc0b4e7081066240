import type { MouseEvent } from 'react';
import type { Controller } from '../session/controller';
import type { Heat } from '../settings/settings';
import { ShareButton } from '../share/ShareButton';
import type { Sharing } from '../share/sharing';
import type { Story } from './story';

interface Props {
  readonly story: Story;
  readonly heat: Heat;
  readonly continuable: boolean;
  /** What writing it again is called; null where the model cannot. */
  readonly another: string | null;
  /** Writes a text that came without its tokens, as it was written first. */
  readonly again?: (() => Promise<void>) | null;
  readonly controller: Controller;
  readonly sharing: Sharing;
}

/** Why the text ends here, and what can be done with it now. */
export function Ending({ story, heat, continuable, another, again = null, controller, sharing }: Props) {
  const why = endingOf(story);
  /** These buttons give way to a new text, and the focus has to go somewhere. */
  const leave = ({ currentTarget }: MouseEvent, write: () => Promise<void>) => {
    const story = currentTarget.closest<HTMLElement>('.story');
    (story?.querySelector<HTMLElement>('.text') ?? story)?.focus({ preventScroll: true });
    void write();
  };
  return (
    <footer className="ending">
      {why === '' ? null : <p>{why}</p>}
      <div className="ending-actions">
        {continuable ? (
          <button
            type="button"
            className="quiet"
            title="C"
            onClick={(event) => leave(event, () => controller.writeOn())}
          >
            Continue
          </button>
        ) : null}
        {again ? (
          <button type="button" className="quiet" onClick={(event) => leave(event, again)}>
            Watch it being written
          </button>
        ) : null}
        {another === null ? null : (
          <button
            type="button"
            className="quiet"
            title="N"
            onClick={(event) => leave(event, () => controller.writeAnother())}
          >
            {another}
          </button>
        )}
        <ShareButton story={story} heat={heat} sharing={sharing} />
      </div>
    </footer>
  );
}

/** Nothing for an answer that ended by itself: each does. */
function endingOf({ phase, reason, settings }: Story): string {
  if (phase === 'stopped') return 'Stopped here';
  if (phase === 'failed') return 'Ended early';
  if (reason === 'length') return 'Length reached';
  return settings.messages ? '' : 'The end';
}

import { CopyButton } from './CopyButton';
import type { Controller } from './controller';
import { type Story, wholeText } from './story';

interface Props {
  readonly story: Story;
  readonly continuable: boolean;
  /** Called before these buttons give way to a new text: the focus has to go somewhere. */
  readonly onLeave: () => void;
  readonly controller: Controller;
}

/** Why the text ends here, and what can be done with it now. */
export function Ending({ story, continuable, onLeave, controller }: Props) {
  const leave = (write: () => Promise<void>) => {
    onLeave();
    void write();
  };
  return (
    <footer className="ending">
      <p>{endingOf(story)}</p>
      <div className="ending-actions">
        {continuable ? (
          <button type="button" className="quiet" title="C" onClick={() => leave(() => controller.writeOn())}>
            Continue
          </button>
        ) : null}
        <button type="button" className="quiet" title="N" onClick={() => leave(() => controller.writeAnother())}>
          Another
        </button>
        <CopyButton text={wholeText(story).trim()} />
      </div>
    </footer>
  );
}

function endingOf({ phase, reason }: Story): string {
  if (phase === 'stopped') return 'Stopped here';
  if (phase === 'failed') return 'Ended early';
  return reason === 'eos' ? 'The end' : 'Length reached';
}

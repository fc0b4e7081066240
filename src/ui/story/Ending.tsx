import { CopyButton } from '../fields/CopyButton';
import type { Controller } from '../session/controller';
import type { Heat } from '../settings/settings';
import { ShareActions } from '../share/ShareActions';
import type { Sharing } from '../share/sharing';
import { type Story, wholeText } from './story';

interface Props {
  readonly story: Story;
  readonly heat: Heat;
  readonly continuable: boolean;
  /** Called before these buttons give way to a new text: the focus has to go somewhere. */
  readonly onLeave: () => void;
  readonly controller: Controller;
  /** Null for a conversation, which has no link and no file. */
  readonly sharing: Sharing | null;
}

/** Why the text ends here, and what can be done with it now. */
export function Ending({ story, heat, continuable, onLeave, controller, sharing }: Props) {
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
          {story.settings.messages ? 'Another answer' : 'Another'}
        </button>
        {sharing ? null : <CopyButton label="Copy answer" text={wholeText(story).trim()} />}
      </div>
      {sharing ? <ShareActions story={story} heat={heat} sharing={sharing} /> : null}
    </footer>
  );
}

function endingOf({ phase, reason }: Story): string {
  if (phase === 'stopped') return 'Stopped here';
  if (phase === 'failed') return 'Ended early';
  return reason === 'eos' ? 'The end' : 'Length reached';
}

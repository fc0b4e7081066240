import { useState } from 'react';
import type { Controller } from '../controller';
import { StoryView } from '../StoryView';
import { canContinue, isWriting, type Session } from '../session';
import { type Story, wholeText } from '../story';
import { Formatted } from './Formatted';

interface Props {
  readonly session: Session;
  readonly story: Story;
  /** As it is shown: `story` itself, or as it was. */
  readonly shown: Story;
  readonly controller: Controller;
}

/** The last answer: its tokens while they come out of noise, and while they are looked at; else its Markdown. */
export function Answer({ session, story, shown, controller }: Props) {
  const { settings, edit, playhead } = session;
  const [tokens, setTokens] = useState(false);
  const text = wholeText(story);
  const isDone = !isWriting(session) && text.trim() !== '';
  const isPlain = isDone && shown === story && edit === null && settings.heat === 'plain';
  return (
    <>
      <h3 className="visually-hidden">The model</h3>
      <StoryView
        story={story}
        shown={shown}
        playing={playhead?.playing ?? false}
        heat={settings.heat}
        edit={edit}
        continuable={canContinue(session)}
        controller={controller}
        sharing={null}
        formatted={isPlain && !tokens ? <Formatted text={text} /> : undefined}
      />
      {isPlain ? (
        <button type="button" className="turn-action" aria-pressed={tokens} onClick={() => setTokens(!tokens)}>
          Show its tokens
        </button>
      ) : null}
    </>
  );
}

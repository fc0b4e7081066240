import { useMemo, useState } from 'react';
import type { Controller } from '../session/controller';
import { canContinue, isWriting, type Session } from '../session/session';
import { StoryView } from '../story/StoryView';
import { type Story, wholeText } from '../story/story';
import { motionOf } from '../timeline/playhead';
import { Formatted } from './Formatted';
import { settledPart } from './settled';

interface Props {
  readonly session: Session;
  readonly story: Story;
  /** As it is shown: `story` itself, or as it was. */
  readonly shown: Story;
  readonly controller: Controller;
}

/**
 * The last answer: as Markdown as far as its paragraphs are done, then the tokens that come out of noise. All of it is
 * tokens while they are looked at.
 */
export function Answer({ session, story, shown, controller }: Props) {
  const { settings, edit, playhead } = session;
  const [tokens, setTokens] = useState(false);
  const text = wholeText(story);
  const isDone = !isWriting(session) && text.trim() !== '';
  const isPlain = shown === story && edit === null && settings.heat === 'plain';
  const settled = useMemo(() => settledPart(story), [story]);
  const formatted = () => {
    if (isDone) return { node: <Formatted text={text} />, upTo: 'end' } as const;
    return settled ? { node: <Formatted text={settled.text} />, upTo: settled.upTo } : undefined;
  };
  return (
    <>
      <h3 className="visually-hidden">The model</h3>
      <StoryView
        story={story}
        shown={shown}
        motion={motionOf(playhead)}
        heat={settings.heat}
        edit={edit}
        continuable={canContinue(session)}
        controller={controller}
        sharing={null}
        formatted={isPlain && !tokens ? formatted() : undefined}
      />
      {isDone && isPlain ? (
        <button type="button" className="turn-action" aria-pressed={tokens} onClick={() => setTokens(!tokens)}>
          Show its tokens
        </button>
      ) : null}
    </>
  );
}

import { memo, type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import { CopyButton } from '../fields/CopyButton';
import type { Controller } from '../session/controller';
import { isBusy, isWriting, type Session, storyLookedAt } from '../session/session';
import { StoryView } from '../story/StoryView';
import { type Story, wholeText } from '../story/story';
import { motionOf } from '../timeline/playhead';
import { storyAt } from '../timeline/replay';
import { Formatted } from './Formatted';
import { settledPart } from './settled';

interface Props
  extends Pick<Parameters<typeof StoryView>[0], 'story' | 'shown' | 'motion' | 'heat' | 'guesses' | 'edit' | 'busy'> {
  /** What stands under the last answer; null for one before it. */
  readonly ending: ReactNode;
  readonly controller: Controller;
}

/** What of the session the answer `story` shows; the same objects for as long as nothing of it changes. */
export function answerProps(session: Session, story: Story) {
  const { playhead, edit, settings } = session;
  const isLookedAt = story === storyLookedAt(session);
  return {
    story,
    shown: isLookedAt && playhead ? storyAt(story, playhead.position) : story,
    motion: motionOf(isLookedAt ? playhead : null),
    heat: settings.heat,
    guesses: settings.guesses,
    edit: isLookedAt ? edit : null,
    busy: isBusy(session),
  };
}

/**
 * An answer: as Markdown as far as its paragraphs are done, then the tokens that come out of noise. All of it is
 * tokens while they are looked at.
 */
export const Answer = memo(function Answer({ ending, controller, ...props }: Props) {
  const { story, shown, motion, edit, heat } = props;
  const turn = useRef<HTMLDivElement>(null);
  const isReplayed = ending === null && motion === 'playing';
  useEffect(() => {
    if (isReplayed) turn.current?.scrollIntoView({ block: 'nearest' });
  }, [isReplayed]);
  const [tokens, setTokens] = useState(false);
  const text = wholeText(story);
  const isDone = !isWriting({ story });
  const isEmpty = text.trim() === '';
  const isPlain = shown === story && edit === null && heat === 'plain';
  const settled = useMemo(() => settledPart(story), [story]);
  const formatted = () => {
    if (isDone && !isEmpty) return { node: <Formatted text={text} />, upTo: 'end' } as const;
    return settled ? { node: <Formatted text={settled.text} />, upTo: settled.upTo } : undefined;
  };
  const hasTokens = isDone && story.steps.length + story.earlier.length > 0;
  const actions = isDone ? (
    <div className="turn-actions">
      {hasTokens && isPlain ? (
        <button type="button" className="turn-action" aria-pressed={tokens} onClick={() => setTokens(!tokens)}>
          Show tokens
        </button>
      ) : null}
      {hasTokens && ending === null ? (
        <button type="button" className="turn-action" onClick={() => controller.playback.replay(story)}>
          Replay
        </button>
      ) : null}
      {isEmpty ? <p className="hint">No answer</p> : <CopyButton label="Copy" text={text.trim()} />}
    </div>
  ) : null;
  return (
    <div ref={turn} className="answer">
      <StoryView
        {...props}
        ending={
          ending === null ? null : (
            <>
              {actions}
              {ending}
            </>
          )
        }
        controller={controller}
        formatted={story.said !== null || (isPlain && !tokens) ? formatted() : undefined}
      />
      {ending === null ? actions : null}
    </div>
  );
});

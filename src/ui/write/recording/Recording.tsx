import { useEffect, useRef, useState } from 'react';
import { FIRST_VISIT, PACES } from '../../settings/settings';
import { StoryBlocks } from '../../story/StoryBlocks';
import type { Story } from '../../story/story';
import { useFollow } from '../../story/use-follow';
import { storyAt } from '../../timeline/replay';
import { isBetweenBlocks } from './between-blocks';

/** A load that takes no longer than this shows the noise alone, in milliseconds: the words would go as they come. */
const REST_MS = 1000;

interface Props {
  readonly story: Story;
  /** Whether it is to go on; if not it ends with its block, so that nothing is torn away in mid-sentence. */
  readonly wanted: boolean;
  /** Says that it is a recording. */
  readonly about: string;
  readonly onEnd: (seen: boolean) => void;
}

/** A run that was recorded, in the place where the live one will be. It plays once and then stays as it is. */
export function Recording({ story, wanted, about, onEnd }: Props) {
  const position = usePosition(story.steps.length);
  const said = useLate(about);
  const article = useRef<HTMLElement>(null);
  useFollow(article, true, position);
  const ends = !wanted && isBetweenBlocks(story, position);
  useEffect(() => {
    if (ends) onEnd(position > 0);
  }, [ends, onEnd, position]);
  const { heading, blocks } = storyAt(story, position);
  return (
    <article
      className="story"
      ref={article}
      data-phase="recorded"
      data-view={position < story.steps.length ? 'playing' : 'past'}
    >
      {heading ? (
        <header>
          <p className="kind">{heading.kind}</p>
          <h2 className="view-title">{heading.title}</h2>
        </header>
      ) : null}
      <p className="caption">{about}</p>
      <section className="text" aria-label="Recorded text">
        <StoryBlocks blocks={blocks} />
      </section>
      <p className="visually-hidden" role="status">
        {said}
      </p>
    </article>
  );
}

/** How many steps are shown: one more with each beat, and all at once where motion is not wanted. */
function usePosition(steps: number): number {
  const [position, setPosition] = useState(() => (matchMedia('(prefers-reduced-motion: reduce)').matches ? steps : 0));
  useEffect(() => {
    if (position >= steps) return;
    const wait = 1000 / PACES[FIRST_VISIT.pace] + (position === 0 ? REST_MS : 0);
    const timer = setTimeout(() => setPosition(position + 1), wait);
    return () => clearTimeout(timer);
  }, [position, steps]);
  return position;
}

/** '' at first, so that a screen reader hears the text come, and only once. */
function useLate(text: string): string {
  const [late, setLate] = useState('');
  useEffect(() => setLate(text), [text]);
  return late;
}

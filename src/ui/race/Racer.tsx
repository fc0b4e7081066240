import { useEffect, useId, useRef } from 'react';
import type { GenerateSettings } from '../../library/unmask';
import { rate } from '../fields/format';
import { StoryBlocks } from '../story/StoryBlocks';
import { type Story, tokensWritten } from '../story/story';
import { nameOf, paceOf, upperFirst } from './racer-names';

interface Props {
  /** What it would write with next. */
  readonly settings: GenerateSettings;
  /** What it writes, or has written last. */
  readonly story: Story | null;
  /** Whether it was the faster one of a race that is over. */
  readonly won: boolean;
}

/** One of the two: how far it is, what that has cost, and its text. */
export function Racer({ settings, story, won }: Props) {
  const id = useId();
  const shown = story?.settings ?? settings;
  const name = upperFirst(nameOf(shown));
  const tokens = story ? tokensWritten(story) : 0;
  const finished = story?.phase === 'finished';
  return (
    <article className="racer" aria-labelledby={id} data-phase={story?.phase ?? 'ready'} data-won={won || undefined}>
      <h3 id={id}>{name}</h3>
      {won ? <p className="won">Winner</p> : null}
      <p className="pace">{upperFirst(paceOf(shown)) || 'Left to right'}</p>
      <progress
        aria-label={`Progress, ${name}`}
        max={shown.maxTokens}
        value={finished ? shown.maxTokens : Math.min(tokens, shown.maxTokens)}
      />
      <Counters story={story} tokens={tokens} />
      <RacerText story={story} label={`Text, ${name}`} />
    </article>
  );
}

function Counters({ story, tokens }: { story: Story | null; tokens: number }) {
  const nfe = story?.nfe ?? 0;
  const counters = [
    { name: 'tokens', value: String(tokens) },
    { name: 'passes', value: String(nfe) },
    { name: 'seconds', value: (story?.seconds ?? 0).toFixed(1) },
    { name: 'tokens/pass', value: rate(tokens / nfe) },
  ];
  return (
    <dl className="counters">
      {counters.map(({ name, value }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd data-counter={name}>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** How far from its end, in pixels, a text still counts as being read along. */
const NEAR = 60;

function RacerText({ story, label }: { story: Story | null; label: string }) {
  const box = useRef<HTMLElement>(null);
  const following = useRef(true);
  const blocks = story?.blocks ?? [];
  // biome-ignore lint/correctness/useExhaustiveDependencies: it has to run whenever the text has grown
  useEffect(() => {
    if (box.current && following.current) box.current.scrollTop = box.current.scrollHeight;
  }, [blocks]);
  const onScroll = ({ currentTarget: { scrollHeight, scrollTop, clientHeight } }: React.UIEvent<HTMLElement>) => {
    following.current = scrollHeight - scrollTop - clientHeight < NEAR;
  };
  return (
    <section
      className="story text racer-text"
      ref={box}
      data-phase={story?.phase}
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and the keyboard has to get there
      tabIndex={0}
      onScroll={onScroll}
    >
      <StoryBlocks blocks={blocks} />
    </section>
  );
}

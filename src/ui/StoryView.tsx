import { useMemo, useRef } from 'react';
import type { Controller } from './controller';
import { Ending } from './Ending';
import { endsLine, StoryBlock } from './StoryBlock';
import type { Heat } from './settings';
import { type Story, tokensWritten } from './story';
import { TokenTip } from './TokenTip';
import { useFollow } from './use-follow';
import { useTokenTip } from './use-token-tip';

interface Props {
  readonly story: Story;
  /** As it is shown: `story` itself, or as it was. */
  readonly shown: Story;
  /** Whether it is being played back. */
  readonly playing: boolean;
  readonly heat: Heat;
  readonly continuable: boolean;
  readonly controller: Controller;
}

/** From this many tokens a second on, colours fade sooner, since every token that fades costs a little of each frame. */
const FAST = 60;

/** The text: its heading, the blocks written so far, and the block that is coming out of noise. */
export function StoryView({ story, shown, playing, heat, continuable, controller }: Props) {
  const { heading, settings, phase, earlier } = story;
  const article = useRef<HTMLElement>(null);
  const text = useRef<HTMLElement>(null);
  const writing = phase === 'starting' || phase === 'writing';
  const blocks = useMemo(() => [...earlier, ...shown.blocks], [earlier, shown.blocks]);
  useFollow(article, writing, blocks);
  const { tip, handlers } = useTokenTip(blocks);
  return (
    <article
      className="story"
      ref={article}
      data-phase={phase}
      data-view={playing ? 'playing' : shown === story ? 'live' : 'past'}
      data-heat={heat}
      data-pace={tokensWritten(story) / story.seconds > FAST ? 'fast' : 'slow'}
      aria-busy={writing}
    >
      {heading ? (
        <header>
          <p className="kind">{heading.kind}</p>
          <h2>{heading.title || 'Untitled'}</h2>
        </header>
      ) : null}
      <section
        className="text"
        ref={text}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys walk through the tokens from here
        tabIndex={0}
        aria-label="Text, arrow keys walk its tokens"
        {...handlers}
      >
        {heading ? null : <span className="prompt">{settings.prompt}</span>}
        {blocks.map((block, index) => (
          <StoryBlock
            // biome-ignore lint/suspicious/noArrayIndexKey: a block is its place in the text
            key={index}
            index={index}
            block={block}
            afterBreak={endsLine(blocks[index - 1]?.tokens.at(-1))}
            marked={tip?.block === index ? tip.token : null}
          />
        ))}
      </section>
      {tip ? <TokenTip tip={tip} /> : null}
      {writing || shown !== story ? null : (
        <Ending
          story={story}
          continuable={continuable}
          onLeave={() => text.current?.focus({ preventScroll: true })}
          controller={controller}
        />
      )}
    </article>
  );
}

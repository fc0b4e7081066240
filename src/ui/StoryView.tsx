import { useRef } from 'react';
import { CopyButton } from './CopyButton';
import { endsLine, StoryBlock } from './StoryBlock';
import type { Settings } from './settings';
import { type Story, textOf } from './story';
import { TokenTip } from './TokenTip';
import { useFollow } from './use-follow';
import { useTokenTip } from './use-token-tip';

interface Props {
  readonly story: Story;
  readonly confidence: Settings['confidence'];
}

/** The text: its heading, the blocks written so far, and the block that is coming out of noise. */
export function StoryView({ story, confidence }: Props) {
  const { heading, settings, blocks, phase } = story;
  const text = useRef<HTMLElement>(null);
  const writing = phase === 'starting' || phase === 'writing';
  useFollow(text, writing, blocks);
  const { tip, handlers } = useTokenTip(story);
  return (
    <article className="story" data-phase={phase} data-confidence={confidence} aria-busy={writing}>
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
      {writing ? null : (
        <footer className="ending">
          <p>{endingOf(story)}</p>
          <CopyButton text={plainText(story)} />
        </footer>
      )}
    </article>
  );
}

function plainText(story: Story): string {
  return `${story.settings.prompt}${textOf(story)}`.trim();
}

function endingOf({ phase, reason }: Story): string {
  if (phase === 'stopped') return 'Stopped here';
  if (phase === 'failed') return 'Ended early';
  return reason === 'eos' ? 'The end' : 'Length reached';
}

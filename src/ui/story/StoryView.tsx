import { type ReactNode, useMemo, useRef } from 'react';
import { EditMenu } from '../editing/EditMenu';
import type { Edit } from '../editing/editing';
import { useEditing } from '../editing/use-editing';
import type { Controller } from '../session/controller';
import type { Heat, Settings } from '../settings/settings';
import type { Motion } from '../timeline/playhead';
import { endsLine, StoryBlock } from './StoryBlock';
import { type Story, tokensWritten } from './story';
import { TokenTip } from './TokenTip';
import { useFollow } from './use-follow';
import { placeUnder, useTokenTip } from './use-token-tip';

interface Props {
  readonly story: Story;
  /** As it is shown: `story` itself, or as it was. */
  readonly shown: Story;
  /** How what is shown relates to the run. */
  readonly motion: Motion;
  readonly heat: Heat;
  readonly guesses: Settings['guesses'];
  /** What is being edited of it. */
  readonly edit: Edit | null;
  /** Whether the model is writing, this text or another. */
  readonly busy: boolean;
  /** What stands under the text once it is written. */
  readonly ending: ReactNode;
  /** A line under the heading. */
  readonly caption?: ReactNode;
  readonly controller: Controller;
  /** Shown in the place of the tokens up to one. */
  readonly formatted?: { readonly node: ReactNode; readonly upTo: TextPlace | 'end' } | undefined;
}

/** A token of the text. */
export interface TextPlace {
  /** Those of earlier runs count too. */
  readonly block: number;
  readonly token: number;
}

const FROM_START: TextPlace = { block: 0, token: 0 };

/** From this many tokens a second on, colours fade sooner, since every token that fades costs a little of each frame. */
const FAST = 60;

/** The text: its heading, the blocks written so far, and the block that is coming out of noise. */
export function StoryView({
  story,
  shown,
  motion,
  heat,
  guesses,
  edit,
  busy,
  ending,
  caption,
  controller,
  formatted,
}: Props) {
  const { heading, settings, phase, earlier } = story;
  const article = useRef<HTMLElement>(null);
  const text = useRef<HTMLElement>(null);
  const writing = phase === 'starting' || phase === 'writing';
  const blocks = useMemo(() => [...earlier, ...shown.blocks], [earlier, shown.blocks]);
  useFollow(article, writing || motion === 'following', blocks);
  const upTo = formatted?.upTo ?? FROM_START;
  const { tip, place, handlers } = useTokenTip(blocks);
  const editing = useEditing({ story, offered: !busy && shown === story, edit, at: place, controller });
  const edited = edit ? blocks[edit.block] : undefined;
  const focusText = () => (text.current ?? article.current)?.focus({ preventScroll: true });
  return (
    <article
      className="story"
      ref={article}
      tabIndex={-1}
      data-phase={phase}
      data-view={motion}
      data-heat={heat}
      data-pace={tokensWritten(story) / story.seconds > FAST ? 'fast' : 'slow'}
      aria-busy={writing}
    >
      {heading ? (
        <header>
          <p className="kind">{heading.kind}</p>
          <h2 className="view-title">{heading.title || 'Untitled'}</h2>
        </header>
      ) : null}
      {caption}
      {formatted?.node}
      {upTo === 'end' ? null : (
        <section
          className="text"
          ref={text}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys walk through the tokens from here
          tabIndex={0}
          aria-label="Text. Arrow keys move between tokens, Enter edits"
          data-editing={edit !== null || undefined}
          {...handlers}
          onPointerDown={(event) => editing.handlers.onPointerDown(event, placeUnder(event))}
          onPointerOver={(event) => {
            if (!editing.handlers.onPointerOver(event, placeUnder(event))) handlers.onPointerOver(event);
          }}
          onClick={(event) => {
            if (!editing.handlers.onClick(event, placeUnder(event))) handlers.onClick(event);
          }}
          onKeyDown={(event) => {
            if (!editing.handlers.onKeyDown(event)) handlers.onKeyDown(event);
          }}
        >
          {heading ? null : <span className="prompt">{settings.prompt}</span>}
          {blocks.map((block, index) =>
            index < upTo.block ? null : (
              <StoryBlock
                // biome-ignore lint/suspicious/noArrayIndexKey: a block is its place in the text
                key={index}
                index={index}
                block={index === upTo.block && upTo.token > block.pinned ? { ...block, pinned: upTo.token } : block}
                afterBreak={endsLine(blocks[index - 1]?.tokens.at(-1))}
                marked={tip?.block === index && !edit ? tip.token : null}
                edit={edit?.block === index ? edit : null}
                guesses={guesses}
              />
            ),
          )}
        </section>
      )}
      {edit && edited ? (
        <EditMenu
          edit={edit}
          story={story}
          block={edited}
          typing={editing.typing}
          setTyping={editing.setTyping}
          onCancel={editing.end}
          onLeave={focusText}
          controller={controller}
        />
      ) : null}
      {tip && !edit ? <TokenTip tip={tip} story={story} writing={busy} controller={controller} /> : null}
      {writing || shown !== story ? null : ending}
    </article>
  );
}

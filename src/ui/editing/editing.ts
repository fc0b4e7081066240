import type { GenerateSettings, TokenText } from '../../library/unmask';
import { changed } from '../story/provenance';
import { allBlocks, type Block, type Story, type Token, tokensWritten } from '../story/story';
import { idsBeforeBlock } from '../story/token-place';

/** One place of a block that is being edited. `kept` differs from `as it is` where others are masked at once. */
export interface EditPlace {
  readonly kind: 'as it is' | 'kept' | 'masked' | 'typed';
  /** What is to stand here; for a masked place what stood here before. */
  readonly token: Token;
}

/** A block that a person edits: some of its tokens are to stay, others to be written anew. */
export interface Edit {
  /** Those of earlier runs count too. */
  readonly block: number;
  readonly blockSize: number;
  /** Those before belong to the prompt or to the blocks before. */
  readonly first: number;
  /** [≤ block size] */
  readonly places: readonly EditPlace[];
  /** Where the selection began, and where it ends. */
  readonly anchor: number;
  readonly head: number;
}

/** The edit of a block that begins with one of its places selected; null where there is nothing to edit. */
export function beginEdit(story: Story, block: number, place: number): Edit | null {
  const about = allBlocks(story)[block];
  if (!about) return null;
  const places = editableTokens(story, block).map((token): EditPlace => {
    return { kind: token.id === null ? 'masked' : 'as it is', token };
  });
  if (place < about.pinned || place >= places.length) return null;
  return { block, blockSize: about.start.length, first: about.pinned, places, anchor: place, head: place };
}

/** A token that ended the text cannot stand within one: it goes with what follows it. */
function editableTokens(story: Story, block: number): readonly Token[] {
  const blocks = allBlocks(story);
  const tokens = blocks[block]?.tokens ?? [];
  return story.reason === 'eos' && block === blocks.length - 1 ? tokens.slice(0, -1) : tokens;
}

export function select(edit: Edit, place: number): Edit {
  const head = Math.max(edit.first, Math.min(edit.places.length - 1, place));
  return { ...edit, anchor: head, head };
}

/** Selects from where the selection began up to `place`. */
export function selectTo(edit: Edit, place: number): Edit {
  return { ...select(edit, place), anchor: edit.anchor };
}

export function isSelected({ anchor, head }: Edit, place: number): boolean {
  return place >= Math.min(anchor, head) && place <= Math.max(anchor, head);
}

/** Pins the selected tokens; masked ones are again what they were. */
export function keep(edit: Edit): Edit {
  return changePlaces(edit, (place, index) => {
    if (!isSelected(edit, index) || place.kind === 'typed' || place.token.id === null) return place;
    return { ...place, kind: 'kept' };
  });
}

/** The selected tokens are to be written anew. */
export function mask(edit: Edit): Edit {
  return changePlaces(edit, (place, index) => (isSelected(edit, index) ? { ...place, kind: 'masked' } : place));
}

/** All tokens are to be written anew but the selected ones, pinned and typed ones. */
export function maskOthers(edit: Edit): Edit {
  return changePlaces(keep(edit), (place) => (place.kind === 'as it is' ? { ...place, kind: 'masked' } : place));
}

/** Puts tokens in place of the selection, and over what follows it where they are more. A sentence where they do not fit. */
export function typeOver(edit: Edit, typed: readonly TokenText[]): Edit | string {
  const from = Math.min(edit.anchor, edit.head);
  const room = edit.blockSize - from;
  if (typed.length > room) {
    const places = room === 1 ? 'one place is' : `${room} places are`;
    return `That is ${typed.length} tokens, but only ${places} left in this block. Type less, or start at an earlier token.`;
  }
  const masked = mask(edit).places;
  const put = typed.map((token): EditPlace => {
    return { kind: 'typed', token: { ...token, state: 'committed', probability: null, step: null } };
  });
  const places = [...masked.slice(0, from), ...put, ...masked.slice(from + put.length)];
  return { ...edit, places, anchor: from, head: from + Math.max(0, put.length - 1) };
}

function changePlaces(edit: Edit, change: (place: EditPlace, index: number) => EditPlace): Edit {
  return { ...edit, places: edit.places.map((place, index) => (index < edit.first ? place : change(place, index))) };
}

/** True where the block would not be the same again. */
export function isChanged({ places }: Edit): boolean {
  return places.some(({ kind, token }) => kind === 'typed' || (kind === 'masked' && token.id !== null));
}

/** The block as it is drawn while it is edited. */
export function editedBlock(block: Block, { places }: Edit): Block {
  return { ...block, tokens: places.map(({ kind, token }) => (kind === 'masked' ? MASKED : token)) };
}

const MASKED: Token = { id: null, text: '', state: 'masked', probability: null, step: null };

/**
 * The text as it is to be written from the edit on, up to the length it was to have: what is before the block
 * stays. `asked` has the block's own size and the length of the page. Where nothing is left to be written, it is
 * finished already.
 */
export function storyFromEdit(story: Story, edit: Edit, asked: GenerateSettings): Story {
  const { before, ownBefore, earlier } = splitAt(story, edit.block);
  const draft = edit.places.map(({ kind, token }) => (kind === 'masked' ? null : token.id));
  const after = [...before, ...draft.slice(idsOfPrompt(story, edit))];
  const maxTokens = Math.max(0, lengthOf(story) - after.length);
  const isWhole = !draft.includes(null) && (draft.length === edit.blockSize || maxTokens === 0);
  const blocks = isWhole ? [...ownBefore, givenBlock(edit)] : ownBefore;
  const steps = story.steps.filter(({ block }) => block < ownBefore.length);
  const { nfe, seconds } = steps.at(-1) ?? { nfe: 0, seconds: 0 };
  const isFinished = isWhole && maxTokens === 0;
  return {
    ...story,
    provenance: changed(story.provenance),
    earlier,
    settings: { ...asked, prompt: story.settings.prompt, messages: story.settings.messages, after, maxTokens },
    phase: isFinished ? 'finished' : 'starting',
    reason: isFinished ? 'length' : null,
    blocks,
    kept: {
      blocks: blocks.length,
      tokens: after.length - tokensWritten({ blocks: earlier }),
      pinned: isWhole ? 0 : edit.first,
      // The last of these blocks had its clean pass.
      nfe: ownBefore.length > 0 ? nfe + 1 : 0,
      seconds,
      lessTokens: asked.maxTokens - maxTokens,
    },
    steps,
    firstBlockSeconds: ownBefore.length > 0 ? story.firstBlockSeconds : null,
    nfe,
    seconds,
  };
}

/** What is before a block: its ids after the prompt, the run's own blocks, and those of earlier runs. */
function splitAt(story: Story, block: number) {
  const own = Math.max(0, block - story.earlier.length);
  return {
    before: idsBeforeBlock(story, block),
    ownBefore: story.blocks.slice(0, own),
    earlier: story.earlier.slice(0, block),
  };
}

/** How many of the block's first tokens are the prompt's; the rest of those before `first` are of the blocks before. */
function idsOfPrompt(story: Story, { block, first }: Edit): number {
  return Math.max(0, first - tokensWritten({ blocks: allBlocks(story).slice(0, block) }));
}

/** How many tokens after the prompt the text was to have in the end, those that ended its last sentence left out. */
function lengthOf(story: Story): number {
  const { maxTokens, ending } = story.settings;
  const asked = maxTokens + (story.kept?.tokens ?? 0);
  const length = ending === 'sentence' ? asked : Math.max(asked, tokensWritten(story));
  return tokensWritten({ blocks: story.earlier }) + length;
}

/** A block of which nothing is left to be written. */
function givenBlock({ places, first }: Edit): Block {
  const tokens = places.map(({ token }): Token => {
    return { ...token, state: 'committed', probability: null, step: null };
  });
  return { tokens, start: tokens, pinned: first, beyond: [], steps: 0, committed: true };
}

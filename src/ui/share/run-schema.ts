import * as v from 'valibot';
import { POLICIES, parseSettings } from '../settings/settings';
import type { Block, Step, Token } from '../story/story';
import { textSettings } from './link';

const MOST_BLOCKS = 20_000;
const MOST_SECONDS = 1e6;
const MOST_TOKENS = 1e6;
const MOST_STEPS = 1e5;
const LARGEST_BLOCK = 1024;
const LONGEST_PROMPT = 20_000;
const LONGEST_TURN = 1e6;
const MOST_TURNS = 1000;

/* Each message completes “steps[3]” must be … */

function number(least: number, most: number) {
  const must = `a number from ${least} to ${most}`;
  return v.pipe(v.number(must), v.minValue(least, must), v.maxValue(most, must));
}

function whole(least: number, most: number) {
  const must = `a whole number from ${least} to ${most}`;
  return v.pipe(v.number(must), v.integer(must), v.minValue(least, must), v.maxValue(most, must));
}

function text(longest: number) {
  const must = `a text of up to ${longest} characters`;
  return v.pipe(v.string(must), v.maxLength(longest, must));
}

function choice<const Choice extends string>(choices: readonly Choice[]) {
  return v.picklist(choices, `one of ${choices.join(', ')}`);
}

function list<const Item extends v.GenericSchema<unknown, unknown>>(item: Item, least: number, most: number) {
  const must = `a list of ${least} to ${most}`;
  return v.pipe(v.array(item, must), v.minLength(least, must), v.maxLength(most, must));
}

/** A list with a schema for each of its items. */
function row<const Items extends v.TupleItems>(items: Items) {
  return v.strictTuple(items, `a list of ${items.length}`);
}

function object<const Entries extends v.ObjectEntries>(entries: Entries) {
  return v.object(entries, ({ expected }) => (expected === 'Object' ? 'a JSON object' : 'there'));
}

const flag = v.boolean('true or false');
const id = whole(0, 2 ** 31 - 1);
const share = number(0, 1);
const seed = whole(0, 2 ** 32 - 1);
const nfe = whole(0, 1e9);
const seconds = number(0, MOST_SECONDS);
const tokenText = text(1000);

/** A token as a list: id, text, probability or null, step or null. A mask is null. */
const token = v.nullable(row([id, tokenText, v.nullable(share), v.nullable(whole(0, MOST_STEPS))]));

const block = v.pipe(
  object({
    pinned: whole(0, LARGEST_BLOCK),
    length: whole(1, LARGEST_BLOCK),
    steps: whole(0, MOST_STEPS),
    committed: flag,
    start: list(token, 1, LARGEST_BLOCK),
    tokens: list(token, 1, LARGEST_BLOCK),
  }),
  v.forward(
    v.check(({ start, tokens }) => tokens.length <= start.length, 'no longer than the block began'),
    ['tokens'],
  ),
  v.forward(
    v.check(({ length, tokens }) => length <= tokens.length, 'no more than the block has tokens'),
    ['length'],
  ),
  v.forward(
    v.check(({ length, pinned }) => pinned <= length, 'no more than the length of the block'),
    ['pinned'],
  ),
  v.forward(
    v.check(
      ({ committed, length, tokens }) => !committed || !tokens.slice(0, length).includes(null),
      'whole, since the block is finished',
    ),
    ['tokens'],
  ),
  v.transform(({ pinned, length, steps, committed, start, tokens }): Block => {
    return {
      start: start.map((row) => tokenOf(row, { steps: 0, committed })),
      tokens: tokens.slice(0, length).map((row) => tokenOf(row, { steps, committed })),
      beyond: tokens.slice(length).map((row) => tokenOf(row, { steps, committed: false })),
      pinned,
      steps,
      committed,
    };
  }),
);

type TokenRow = v.InferOutput<typeof token>;

function tokenOf(row: TokenRow, { steps, committed }: Pick<Block, 'steps' | 'committed'>): Token {
  if (row === null) return { id: null, text: '', state: 'masked', probability: null, step: null };
  const [id, text, probability, step] = row;
  const read = { id, text, probability, step };
  if (committed || step === null) return { ...read, state: 'committed' };
  return { ...read, state: step === steps - 1 ? 'revealed-now' : 'revealed' };
}

const step = v.pipe(
  row([
    whole(0, MOST_BLOCKS),
    whole(0, MOST_STEPS),
    nfe,
    seconds,
    list(row([whole(0, LARGEST_BLOCK), id, tokenText, share]), 0, LARGEST_BLOCK),
  ]),
  v.transform(([block, step, nfe, seconds, rows]): Step => {
    const reveal = rows.map(([position, id, text, probability]) => ({ position, id, text, probability }));
    return { block, step, nfe, seconds, reveal };
  }),
);

/** What was said, the last answer left out. */
const turns = list(object({ role: choice(['user', 'assistant']), content: text(LONGEST_TURN) }), 0, MOST_TURNS);

/** Where in a conversation an answer stands. */
const chat = object({
  system: v.nullable(text(LONGEST_TURN)),
  /** How many of the turns it answers. */
  turns: whole(1, MOST_TURNS),
  /** How many of these the model did not read. */
  unread: whole(0, MOST_TURNS),
});

/** Those that were in force last. The ranges are wider than the engine's, which checks them again. */
const settings = object({
  prompt: text(LONGEST_PROMPT),
  after: list(v.nullable(id), 0, MOST_TOKENS),
  blockSize: whole(1, LARGEST_BLOCK),
  maxTokens: whole(0, MOST_TOKENS),
  ending: v.optional(choice(['length', 'sentence'])),
  policy: choice(POLICIES),
  steps: whole(1, MOST_TOKENS),
  threshold: share,
  entropyBound: number(0, 1e3),
  temperature: number(0, 100),
  topP: share,
  seed,
});

const kept = object({
  blocks: whole(0, MOST_BLOCKS),
  tokens: whole(0, MOST_TOKENS),
  pinned: whole(0, LARGEST_BLOCK),
  nfe,
  seconds,
  lessTokens: whole(-MOST_TOKENS, MOST_TOKENS),
});

const first = v.pipe(
  v.looseObject({ seed }, ({ expected }) => (expected === 'Object' ? 'a JSON object' : 'there')),
  v.transform((settings) => textSettings(parseSettings(settings))),
);

/** The format's version, which says whether the rest can be read. */
export const versionSchema = object({ unmask: whole(1, 1e6) });

const story = {
  model: object({ name: text(200), digest: text(64), device: text(100) }),
  first,
  changed: v.optional(flag, true),
  heading: v.nullish(object({ kind: text(100), title: text(1000) }), null),
  settings,
  chat: v.nullish(chat, null),
  said: v.nullish(text(LONGEST_TURN), null),
  phase: choice(['finished', 'stopped', 'failed']),
  reason: v.nullish(choice(['eos', 'length']), null),
  promptTokens: whole(0, MOST_TOKENS),
  kept: v.nullish(kept, null),
  firstBlockSeconds: v.nullish(seconds, null),
  nfe,
  seconds,
  earlier: list(block, 0, MOST_BLOCKS),
  blocks: list(block, 0, MOST_BLOCKS),
  steps: list(step, 0, MOST_STEPS),
};

const IN_ORDER = 'in order, each within its block';

/** One run. */
const answer = v.pipe(
  object(story),
  v.forward(
    v.check((run) => hasStepsInOrder(run), IN_ORDER),
    ['steps'],
  ),
);

/** A run file of this version; of a conversation with its turns and the answers before the last one, the first one first. */
export const runSchema = v.pipe(
  object({ ...story, turns: v.optional(turns, []), answers: v.optional(list(answer, 0, MOST_TURNS), []) }),
  v.forward(
    v.check((run) => hasStepsInOrder(run), IN_ORDER),
    ['steps'],
  ),
);

/** A run as a file has it. */
export type SavedStory = v.InferOutput<typeof answer>;

function hasStepsInOrder({ blocks, steps }: { readonly blocks: readonly Block[]; readonly steps: readonly Step[] }) {
  return steps.every((step, index) => follows(step, steps[index - 1], blocks));
}

/** Whether a step comes after the one before it, and reveals tokens of a block that is there. */
function follows({ block, nfe, seconds, reveal }: Step, before: Step | undefined, blocks: readonly Block[]): boolean {
  const places = blocks[block]?.start.length ?? 0;
  const isLater = !before || (block >= before.block && nfe >= before.nfe && seconds >= before.seconds);
  return isLater && places > 0 && reveal.every(({ position }) => position < places);
}

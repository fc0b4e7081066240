/**
 * The documents the embedded model was trained on begin with a line `{kind}: {title}`, so the page asks
 * for these two rather than for a prompt.
 */
export interface Kind {
  readonly name: string;
  /** How a title of this kind reads; the first is the one offered. */
  readonly titles: readonly [string, string, string];
  /** What it is called in a sentence: `Writing a bedtime story`. */
  readonly noun: string;
}

export const KINDS: readonly [Kind, ...Kind[]] = [
  {
    name: "Children's tale",
    titles: ['The Lost Kite', 'Mina and the Cloud Painter', 'The Tugboat Who Was Afraid of Fog'],
    noun: "a children's tale",
  },
  {
    name: 'Campfire story',
    titles: ['The Lantern on Hollow Lake', 'What the River Kept', 'Footsteps Behind the Old Mill'],
    noun: 'a campfire story',
  },
  {
    name: 'Bedtime story',
    titles: ['The Owl Who Could Not Sleep', 'A Blanket of Stars', 'The Quiet Garden of the Moon'],
    noun: 'a bedtime story',
  },
  {
    name: 'Scene',
    titles: ['The Letter in the Attic', 'Midnight at the Harbor', 'The Last Train North'],
    noun: 'a scene',
  },
  {
    name: 'Short story',
    titles: [
      'A lighthouse keeper who finds a message in a bottle',
      'A young inventor whose robot begins to dream',
      'A stranger who arrives in the village during the first snow',
    ],
    noun: 'a short story',
  },
  {
    name: 'Debate',
    titles: [
      'Should homework be abolished in schools?',
      'Should cities be closed to cars?',
      'Is it better to live by the sea?',
    ],
    noun: 'a debate',
  },
  {
    name: 'Picture book',
    titles: ['Little Dog Goes to Market', 'Where Is My Other Shoe?', 'The Mango Tree'],
    noun: 'a picture book',
  },
  {
    name: 'Slice of life',
    titles: [
      'Nora and Sam discussing Rain in a coffee shop',
      'Ada and Theo discussing Whales in a library',
      'Ruth, Ben, and Ida discussing Mars in a kitchen',
    ],
    noun: 'a slice of life',
  },
  { name: 'Poem', titles: ['first snow', 'ocean depths', 'a walk at night'], noun: 'a poem' },
  { name: 'Song', titles: ['big city dreams', "winter's chill", 'the long way home'], noun: 'a song' },
  { name: 'Explained simply', titles: ['black holes', 'magnets', 'why the sky is blue'], noun: 'an explanation' },
];

/** The kind of that name, or the first. */
export function kindOf(name: string): Kind {
  return KINDS.find((kind) => kind.name === name) ?? KINDS[0];
}

/** The title to go on with when the kind changes: a typed one stays, an offered one makes way. */
export function titleForKind(title: string, from: Kind, to: Kind): string {
  const offered = title.trim() === '' || from.titles.some((suggestion) => suggestion === title);
  return offered ? to.titles[0] : title;
}

/** The text the model goes on from. */
export function documentPrompt(kind: string, title: string): string {
  return `${kind}: ${title.trim()}\n\n`;
}

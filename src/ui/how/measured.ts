/** Measurements of the embedded model, as training/REPORT.md has them; tests/ui/how-measured.test.ts compares. */

/** On the validation stories, a bound above block size 1; and how many per cent that is over block size 1. */
export const PERPLEXITY_BY_BLOCK_SIZE = [
  { blockSize: 1, perplexity: 24.2, over: 0 },
  { blockSize: 2, perplexity: 27.4, over: 13 },
  { blockSize: 4, perplexity: 32.6, over: 35 },
  { blockSize: 8, perplexity: 36.3, over: 50 },
  { blockSize: 16, perplexity: 40.6, over: 68 },
  { blockSize: 32, perplexity: 41.9, over: 73 },
] as const;

/** The beginning of a text that was written with blocks of 16, most confident first, and what such texts cost. */
export interface PacedSample {
  readonly steps: number;
  /** Three texts together, as is the perplexity under the model's own block size 1. */
  readonly passesPerToken: number;
  readonly perplexity: number;
  /** With seed 1, from training/logs/quality.jsonl, uncorrected. */
  readonly text: string;
}

export const PACED_SAMPLES: readonly [PacedSample, ...PacedSample[]] = [
  {
    steps: 16,
    passesPerToken: 1.09,
    perplexity: 3.1,
    text: 'Once upon a time, in a small village surrounded by green hills and sparkling streams, there lived a curious and adventurous girl named Hod. She was nine years old and loved to explore the world around her.',
  },
  {
    steps: 8,
    passesPerToken: 0.59,
    perplexity: 5.1,
    text: 'Once upon a time, in a small village surrounded by green hills and sparkling trees, there lived a curious and adventurous boy named Laiden. He was nine years old and loved to explore and outdoors.',
  },
  {
    steps: 4,
    passesPerToken: 0.33,
    perplexity: 19.1,
    text: 'Once upon a time, in a a village surrounded by green hills and, there lived a a curious boy named Luna.. He was nine years and and loved playing, of exploring.',
  },
  {
    steps: 2,
    passesPerToken: 0.2,
    perplexity: 118.4,
    text: 'Once upon a time, in a a village surrounded by girl named Al family loved lived lived in the girl named Willowdale.. She loved to Luna was loved to bright and loved her about things.',
  },
];

/** Of the model card, public/models/stories/README.md. */
export const ORIGIN = {
  parameters: '10.5 million',
  steps: '1,950',
  tokens: '8.0 million',
  share: 'nine tenths',
  hours: 'four and a half hours',
  documents: 13_864,
  sources: [
    {
      name: 'erikhyrkas/snakes, stories written by a Llama model',
      href: 'https://github.com/erikhyrkas/snakes',
      licence: 'MIT, © 2024 Erik Hyrkas',
      documents: 13_214,
    },
    {
      name: 'Pratham Books StoryWeaver',
      href: 'https://storyweaver.org.in',
      licence: 'CC-BY 4.0, each story by its own author',
      documents: 358,
    },
    {
      name: 'African Storybook',
      href: 'https://www.africanstorybook.org',
      licence: 'CC-BY, each story by its own author',
      documents: 292,
    },
  ],
} as const;

export interface TourCard {
  readonly title: string;
  readonly text: string;
  /** What it is about: the first of these selectors that matches something that is drawn. */
  readonly targets: readonly string[];
}

/** What a first visitor is shown, in order. */
export const CARDS: readonly TourCard[] = [
  {
    title: 'Words out of noise',
    text: 'Each grey strip hides a token: a word, or a part of one. All tokens of a block are uncovered together, the surest first, and colour shows how sure the model was.',
    targets: ['.story .block', '.story .text'],
  },
  {
    title: 'Every step is kept',
    text: 'Drag along the bar to see the text as it was at any step, or play it back. “Live” or “End” brings back the latest.',
    targets: ['.timeline', '.status'],
  },
  {
    title: 'Look behind any word',
    text: 'Point at a word to see what else could have stood there. Once the text is finished, click a word to change it and have the rest rewritten.',
    targets: ['.story .token:not([data-given])', '.story .text'],
  },
  {
    title: 'Change how it writes',
    text: 'A style sets how many tokens come at once, and pace sets how fast you see them. Below are all the details, each with a short explanation.',
    targets: ['.style-and-pace', '.settings-toggle'],
  },
  {
    title: 'Go further',
    text: 'Race sets two ways of writing side by side, Read shows what surprises the model, and How it works explains the idea. Share, under a finished text, makes a video or a link of it.',
    targets: ['.view-nav'],
  },
];

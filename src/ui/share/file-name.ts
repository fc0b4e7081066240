import { type Story, wholeText } from '../story/story';

/** Characters of a name. */
const LONGEST = 40;

/** `unmask-the-lost-kite.mp4`: a saved file is named for its text. */
export function fileName(story: Story, extension: string): string {
  const title = story.heading?.title || wholeText(story);
  const words = title
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[\u0300-\u036f'’]/g, '')
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean);
  let name = 'unmask';
  for (const word of words) {
    if (name.length + 1 + word.length > LONGEST) break;
    name += `-${word}`;
  }
  return `${name}.${extension}`;
}

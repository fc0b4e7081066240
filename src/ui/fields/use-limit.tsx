import { type ChangeEvent, useState } from 'react';

type Field = HTMLInputElement | HTMLTextAreaElement;

/**
 * Keeps the text of a field to its first `longest` characters. `note` says what was cut, and is to be shown beside
 * the field; `maxLength` would cut in silence.
 */
export function useLimit(longest: number, onText: (text: string) => void) {
  const [cut, setCut] = useState(0);
  const type = (text: string) => {
    const kept = cutTo(text, longest);
    setCut(text.length - kept.length);
    onText(kept);
  };
  const note = (
    <p className="hint" role="status" data-refused={cut > 0 || undefined}>
      {cutText(cut, longest)}
    </p>
  );
  return { type, onChange: (event: ChangeEvent<Field>) => type(event.target.value), note };
}

/** The first `longest` UTF-16 units of a text, without half of a character at the end. */
export function cutTo(text: string, longest: number): string {
  const kept = text.slice(0, longest);
  return kept.length < text.length && /[\ud800-\udbff]$/.test(kept) ? kept.slice(0, -1) : kept;
}

/** '' where nothing was cut. */
export function cutText(cut: number, longest: number): string {
  if (cut === 0) return '';
  const [room, over] = [longest, cut].map((count) => count.toLocaleString('en'));
  return `There is room for ${room} characters: the last ${cut === 1 ? 'one was' : `${over} were`} cut.`;
}

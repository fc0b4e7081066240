/** The pages of the page. The address has them after its `#`, so that Back, links and bookmarks work. */
export type View = 'write' | 'chat' | 'race' | 'read' | 'how';

/** The view an address's hash stands for; a section of one is `#how-sources`. */
export function viewOf(hash: string): View {
  const name = /^#(\w+)/.exec(hash)?.[1];
  return name === 'chat' || name === 'race' || name === 'read' || name === 'how' ? name : 'write';
}

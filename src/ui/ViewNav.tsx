import type { View } from './view';

const LINKS: readonly { readonly view: View; readonly href: string; readonly label: string }[] = [
  { view: 'write', href: '#write', label: 'Write' },
  { view: 'race', href: '#race', label: 'Race' },
  { view: 'how', href: '#how', label: 'How it works' },
];

/** The way from view to view. */
export function ViewNav({ view }: { view: View }) {
  return (
    <nav className="view-nav" aria-label="Views">
      {LINKS.map(({ view: target, href, label }) => (
        <a key={target} href={href} aria-current={target === view ? 'page' : undefined}>
          {label}
        </a>
      ))}
    </nav>
  );
}

import type { ReactNode } from 'react';

/** A link that leaves the site, in a window of its own: the model stays loaded here. */
export function OutsideLink({ href, children }: { href: string; children: ReactNode }) {
  return (
    <a href={href} target="_blank" rel="noopener">
      {children}
    </a>
  );
}

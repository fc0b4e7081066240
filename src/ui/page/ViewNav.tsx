import { useContext } from 'react';
import { ChatOffered } from '../chat/chat-offered';
import type { View } from './view';

const LINKS: readonly { readonly view: View; readonly href: string; readonly label: string }[] = [
  { view: 'write', href: '#write', label: 'Write' },
  { view: 'chat', href: '#chat', label: 'Chat' },
  { view: 'race', href: '#race', label: 'Race' },
  { view: 'read', href: '#read', label: 'Read' },
  { view: 'how', href: '#how', label: 'How it works' },
];

/** The way from view to view. The conversation is among them where the model can have one. */
export function ViewNav({ view }: { view: View }) {
  const chat = useContext(ChatOffered);
  return (
    <nav className="view-nav" aria-label="Views">
      {LINKS.filter((link) => link.view !== 'chat' || chat || view === 'chat').map(({ view: target, href, label }) => (
        <a key={target} href={href} aria-current={target === view ? 'page' : undefined}>
          {label}
        </a>
      ))}
    </nav>
  );
}

import { useEffect, useState } from 'react';

/** Copies a text and says for a moment that it did. */
export function CopyButton({ text }: { text: string }) {
  const [label, setLabel] = useState('Copy text');
  useEffect(() => {
    if (label === 'Copy text') return;
    const timer = setTimeout(() => setLabel('Copy text'), 2000);
    return () => clearTimeout(timer);
  }, [label]);
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => setLabel('Copied'),
      () => setLabel('Copying was refused'),
    );
  return (
    <button type="button" className="quiet" onClick={copy}>
      {label}
    </button>
  );
}

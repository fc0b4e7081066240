import { useEffect, useState } from 'react';

interface Props {
  readonly label: string;
  /** What it copies. */
  readonly text: string;
  /** Called once it is copied. */
  readonly onCopied?: () => void;
}

type Outcome = 'Copied' | 'Could not copy';

/** Copies a text and says for a moment that it did. */
export function CopyButton({ label, text, onCopied }: Props) {
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  useEffect(() => {
    if (outcome === null) return;
    const timer = setTimeout(() => setOutcome(null), 2000);
    return () => clearTimeout(timer);
  }, [outcome]);
  const copy = async () => {
    try {
      // Undefined on pages of plain http.
      await navigator.clipboard.writeText(text);
      setOutcome('Copied');
      onCopied?.();
    } catch {
      setOutcome('Could not copy');
    }
  };
  return (
    <button type="button" className="quiet" onClick={copy}>
      {outcome ?? label}
    </button>
  );
}

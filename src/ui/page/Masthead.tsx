import { memo } from 'react';
import { ViewNav } from './ViewNav';
import type { View } from './view';

interface Props {
  readonly view: View;
  /** Where there are keys to list. */
  readonly onHelp?: () => void;
}

/** What follows the panel. An address of its own would name another view. */
function skip(): void {
  const reading = document.querySelector('.reading');
  const target = reading?.querySelector<HTMLElement>('.text') ?? reading?.querySelector<HTMLElement>('[tabindex]');
  target?.focus();
}

/** The name, and what this is for someone who has never heard of it. */
export const Masthead = memo(function Masthead({ view, onHelp }: Props) {
  return (
    <header className="masthead">
      <button type="button" className="skip quiet" onClick={skip}>
        Skip to the text
      </button>
      <div className="masthead-head">
        <h1 tabIndex={-1} data-view-heading={view === 'write' || undefined}>
          <svg className="mark" viewBox="0 0 32 32" aria-hidden="true">
            <path d="M3 4h3v3H3zM9 7h3v3H9zM6 10h3v3H6zM3 13h3v3H3zM9 16h3v3H9zM3 19h3v3H3zM6 22h3v3H6zM9 25h3v3H9z" />
            <path opacity=".6" d="M14 7h3v6h-3zM14 16h3v9h-3zM17 4h2v3h-2zM17 13h2v3h-2zM17 25h2v3h-2z" />
            <rect x="21" y="4" width="8" height="24" rx="1.5" />
          </svg>
          Unmask
        </h1>
        {onHelp ? (
          <button
            type="button"
            className="icon-button help"
            aria-keyshortcuts="?"
            title="Keyboard shortcuts (?)"
            onClick={onHelp}
          >
            ?<span className="visually-hidden"> Keyboard shortcuts</span>
          </button>
        ) : null}
      </div>
      <ViewNav view={view} />
      {view === 'write' ? (
        <p>
          Most language models write one word after another. This one uncovers whole blocks of words out of noise, in
          any order, right on your device.
        </p>
      ) : null}
    </header>
  );
});

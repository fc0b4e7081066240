/** The name, and what this is for someone who has never heard of it. */
export function Masthead() {
  return (
    <header className="masthead">
      <h1>
        <svg className="mark" viewBox="0 0 32 32" aria-hidden="true">
          <path d="M3 4h3v3H3zM9 7h3v3H9zM6 10h3v3H6zM3 13h3v3H3zM9 16h3v3H9zM3 19h3v3H3zM6 22h3v3H6zM9 25h3v3H9z" />
          <path opacity=".6" d="M14 7h3v6h-3zM14 16h3v9h-3zM17 4h2v3h-2zM17 13h2v3h-2zM17 25h2v3h-2z" />
          <rect x="21" y="4" width="8" height="24" rx="1.5" />
        </svg>
        Unmask
      </h1>
      <p>
        Watch a story come out of noise. Each block of words starts out masked and is uncovered in any order, by a small
        model on your own device.
      </p>
    </header>
  );
}

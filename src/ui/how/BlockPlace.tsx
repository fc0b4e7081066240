interface Props {
  /** What stands there in the end: a mask is as wide, so that nothing moves. */
  readonly text: string;
  /** How sure the model was of it; null while it is masked. */
  readonly probability: number | null;
  /** Whether it was uncovered just now. */
  readonly latest: boolean;
}

/** One place of a recorded block. How many are masked is said beside it, so a mask is not read out. */
export function BlockPlace({ text, probability, latest }: Props) {
  const word = text.trimStart();
  const space = text.slice(0, text.length - word.length);
  return (
    <>
      {space}
      {probability === null ? (
        <span className="masked" aria-hidden="true">
          <span>{word}</span>
        </span>
      ) : (
        <span className="known" data-latest={latest || undefined} style={{ '--doubt': `${1 - probability}` }}>
          {word}
        </span>
      )}
    </>
  );
}

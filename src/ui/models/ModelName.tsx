import type { ModelState } from '../session/session';

interface Props {
  /** `Written by` or `Read by` */
  readonly doing: string;
  /** The model that did what is on screen; null while there is nothing. */
  readonly past: string | null;
  /** The one in use, which would do it next. */
  readonly model: ModelState;
}

/** Which model did what is on screen, or will. */
export function ModelName({ doing, past, model }: Props) {
  const next = model.phase === 'ready' ? model.info.name : null;
  if (past === null && next === null) return null;
  return (
    <p className="model-name">
      {past === null ? `Model: ${next}` : `${doing} ${past}`}
      {past !== null && next !== null && next !== past ? `. The model in use is now ${next}` : null}
    </p>
  );
}

import type { ModelState } from '../session/session';
import type { Story } from './story';

interface Props {
  /** The text on screen. */
  readonly story: Story | null;
  readonly model: ModelState;
}

/** Says where a prompt is longer than what the model reads. Always there, so that a screen reader hears it come. */
export function ContextNote({ story, model }: Props) {
  const contextLength = model.phase === 'ready' ? model.info.contextLength : Number.POSITIVE_INFINITY;
  const promptTokens = story?.promptTokens ?? 0;
  return (
    <p className="context-note" role="status">
      {promptTokens > contextLength ? unseenText(promptTokens, contextLength) : ''}
    </p>
  );
}

function unseenText(promptTokens: number, contextLength: number): string {
  const [length, context] = [promptTokens, contextLength].map((count) => count.toLocaleString('en'));
  return `The prompt is ${length} tokens long. This model sees ${context} at a time, so it read the last ${context} and left out the rest.`;
}

import type { ModelState } from '../session/session';

interface Props {
  readonly model: ModelState;
  /** Whether there is a conversation already. */
  readonly begun: boolean;
  readonly onOpenModels: () => void;
}

/** What is said before the first question, and where the model cannot answer. */
export function Invitation({ model, begun, onOpenModels }: Props) {
  if (model.phase !== 'ready') return null;
  const { chat, name, blockSizes } = model.info;
  if (!chat) {
    return (
      <div className="invitation">
        <p>
          {begun
            ? `${name} has no chat template, so it cannot answer. The conversation stays; open a model that has one to go on with it.`
            : `${name} was not trained on conversations: it continues text. Open a model that has a chat template.`}
        </p>
        <button type="button" className="quiet" onClick={onOpenModels}>
          Open a model to chat with…
        </button>
      </div>
    );
  }
  if (begun) return null;
  const how = blockSizes.every((size) => size === 1) ? 'token by token' : 'out of noise, block by block';
  return (
    <p className="invitation">
      Ask {name} something. The answer comes {how}.
    </p>
  );
}

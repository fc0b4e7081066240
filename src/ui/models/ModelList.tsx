import type { KeptModel, ModelInfo, ModelPlace, ModelShelf } from '../../library/unmask';
import { bytes, megabytes } from '../fields/format';
import type { EmbeddedModel } from './embedded-models';
import { ModelCard } from './ModelCard';
import { diskText } from './model-texts';
import { RemoveModel } from './RemoveModel';

interface Props {
  readonly shelf: ModelShelf;
  readonly inUse: ModelInfo | null;
  /** What else comes with the page. */
  readonly more: readonly EmbeddedModel[];
  readonly onUse: (place: ModelPlace) => void;
  readonly onUseEmbedded: () => void;
  /** Fetches the rest from where it came from. */
  readonly onGoOn: (url: string) => void;
  readonly onRemove: (id: string) => Promise<'removed' | 'kept'>;
}

/** The models that come with the page, one in use that is not kept, then the kept ones. */
export function ModelList({ shelf, inUse, more, onUse, onUseEmbedded, onGoOn, onRemove }: Props) {
  const passes = inUse?.keptId === null ? inUse : null;
  const isFirst = passes?.origin.type === 'embedded' && passes.digest === (shelf.embedded ?? passes).digest;
  const embedded = isFirst ? passes : shelf.embedded;
  const passing = isFirst ? null : passes;
  const isHere = ({ digest }: EmbeddedModel) => [inUse, ...shelf.kept].some((model) => model?.digest === digest);
  return (
    <ul className="models">
      {embedded ? (
        <ModelCard facts={embedded} origin={{ type: 'embedded' }} disk={bytes(embedded.totalBytes)}>
          {inUse === embedded ? <InUse /> : <Use name={embedded.name} onUse={onUseEmbedded} />}
        </ModelCard>
      ) : null}
      {passing ? (
        <ModelCard facts={passing} origin={passing.origin} disk="not saved">
          <InUse />
        </ModelCard>
      ) : null}
      {more
        .filter((model) => !isHere(model))
        .map(({ folder, name, url, bytes: size }) => (
          <li key={folder} className="model-card">
            <h3>{name}</h3>
            <p className="hint">Comes with this page and is fetched when it is wanted: {megabytes(size)} MB.</p>
            <div className="model-actions">
              <button type="button" className="quiet" onClick={() => onGoOn(url)}>
                Get it<span className="visually-hidden">: {name}</span>
              </button>
            </div>
          </li>
        ))}
      {shelf.kept.map((model) => (
        <ModelCard key={model.id} facts={model} origin={model.from} disk={diskText(model)}>
          {inUse?.keptId === model.id ? (
            <InUse />
          ) : (
            <>
              <Take model={model} onUse={onUse} onGoOn={onGoOn} />
              {isWhole(model) || !model.atWork ? (
                <RemoveModel name={model.name} bytes={model.keptBytes} onRemove={() => onRemove(model.id)} />
              ) : null}
            </>
          )}
        </ModelCard>
      ))}
      {shelf.unfinished.map(({ key, name, place, dtype, bytes: size, atWork }) => (
        <li key={key} className="model-card">
          <h3>{name}</h3>
          <p className="hint">
            {atWork
              ? `Another tab is converting ${place} to ${dtype}.`
              : `Unfinished: ${place} was being converted to ${dtype}.`}
          </p>
          <div className="model-actions">
            <GoOn name={name} place={place} onGoOn={onGoOn} />
            {atWork ? null : <RemoveModel name={name} bytes={size} onRemove={() => onRemove(key)} />}
          </div>
        </li>
      ))}
    </ul>
  );
}

function InUse() {
  return <p className="in-use">In use</p>;
}

function Use({ name, onUse }: { name: string; onUse: () => void }) {
  return (
    <button type="button" className="quiet" onClick={onUse}>
      Use<span className="visually-hidden"> {name}</span>
    </button>
  );
}

const isWhole = ({ keptBytes, totalBytes }: KeptModel) => keptBytes >= totalBytes;

/** Uses a model that is whole, or fetches the rest of it; the rest of a folder comes with the folder. */
function Take({ model, onUse, onGoOn }: { model: KeptModel } & Pick<Props, 'onUse' | 'onGoOn'>) {
  const { id, name, from } = model;
  if (isWhole(model)) return <Use name={name} onUse={() => onUse({ type: 'kept', id })} />;
  const place = from.type === 'folder' ? from.name : from.type === 'checkpoint' ? from.place : from.url;
  return <GoOn name={name} place={place} onGoOn={onGoOn} />;
}

/** Fetches the rest from a repository or an address. The name of a folder of this device has no slash. */
function GoOn({ name, place, onGoOn }: { name: string; place: string } & Pick<Props, 'onGoOn'>) {
  if (!place.includes('/')) return <p className="hint">Choose the folder again to continue.</p>;
  return (
    <button type="button" className="quiet" onClick={() => onGoOn(place)}>
      Continue<span className="visually-hidden"> with {name}</span>
    </button>
  );
}

import type { DistantPlace } from '../../library/unmask';
import { publishedText, ranText } from './model-texts';
import { PUBLISHED_MODELS } from './published-models';

interface Props {
  readonly onOpen: (place: DistantPlace) => void;
}

/** Models that people have published, each a click away from what typing its name leads to. */
export function PublishedList({ onOpen }: Props) {
  return (
    <section className="open-model" aria-labelledby="published-title">
      <h3 id="published-title">Published models</h3>
      <p className="hint">
        Published by their authors on Hugging Face. We checked each architecture against its authors’ code.
      </p>
      <ul className="published">
        {PUBLISHED_MODELS.map((models) => (
          <li key={models.name}>
            <h4>{models.name}</h4>
            <p>{models.about}</p>
            <p className="hint">{publishedText(models)}</p>
            <p className="hint">{ranText(models)}</p>
            <div className="published-actions">
              {models.repositories.map(({ repository, label }) => (
                <button
                  key={repository}
                  type="button"
                  className="quiet"
                  title={repository}
                  onClick={() => onOpen({ type: 'url', url: repository })}
                >
                  {label}
                  <span className="visually-hidden"> {repository}</span>
                </button>
              ))}
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}

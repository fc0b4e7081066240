import { OutsideLink } from '../fields/OutsideLink';
import { SOURCES } from './sources-list';

/** The papers that this is built on. */
export function Sources() {
  return (
    <ul className="sources">
      {SOURCES.map(({ authors, title, arxiv, use }) => (
        <li key={arxiv}>
          <OutsideLink href={`https://arxiv.org/abs/${arxiv}`}>{title}</OutsideLink>
          <span>
            {authors}, arXiv {arxiv}. {use}
          </span>
        </li>
      ))}
    </ul>
  );
}

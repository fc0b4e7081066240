import type { ReactNode } from 'react';
import type { ModelFacts, ModelOrigin } from '../../library/unmask';
import { blockSizesText, licenceText, originText, sizeText } from './model-texts';

interface Props {
  readonly facts: ModelFacts;
  readonly origin: ModelOrigin;
  /** What of it lies in the browser's storage. */
  readonly disk: string;
  /** What can be done with it. */
  readonly children: ReactNode;
}

/** What there is to know of a model. */
export function ModelCard({ facts, origin, disk, children }: Props) {
  return (
    <li className="model-card">
      <h3>{facts.name}</h3>
      <dl className="facts">
        <dt>Size</dt>
        <dd>
          {sizeText(facts)}, {disk}
        </dd>
        <dt>Block sizes</dt>
        <dd>{blockSizesText(facts.blockSizes)}</dd>
        <dt>Licence</dt>
        <dd>{licenceText(facts.licence)}</dd>
        <dt>From</dt>
        <dd>{originText(origin)}</dd>
      </dl>
      <div className="model-actions">{children}</div>
    </li>
  );
}

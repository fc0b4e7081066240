import type { GenerateSettings, PolicyName } from '../../library/unmask';
import { Term } from '../glossary/Term';

const ORDERS: Readonly<Record<PolicyName, string>> = {
  confidence: 'the surest first',
  'first-hitting': 'in random order',
  ancestral: 'in random order',
  threshold: 'every one as soon as it is sure enough',
  entropy: 'as many at once as the entropy bound allows',
  speculative: 'drafted, then checked from left to right',
};

interface Props {
  readonly settings: GenerateSettings;
  /** Said of the text that takes the place of a recording. */
  readonly isLive: boolean;
}

/** How a text is uncovered, in one line: `16 tokens at a time, the surest first`. */
export function Caption({ settings: { blockSize, policy }, isLive }: Props) {
  const live = isLive ? <strong>Now live, on your device. </strong> : null;
  if (blockSize === 1) {
    return (
      <p className="caption">
        {live}One <Term id="token">token</Term> at a time, left to right
      </p>
    );
  }
  return (
    <p className="caption">
      {live}
      {blockSize} <Term id="token">tokens</Term> at a time, {ORDERS[policy]}
    </p>
  );
}

import type { GenerateSettings, PolicyName } from '../../library/unmask';
import { Term } from '../glossary/Term';

const ORDERS: Readonly<Record<PolicyName, string>> = {
  confidence: 'surest first',
  'first-hitting': 'in random order',
  ancestral: 'in random order',
  threshold: 'every one as soon as it is sure enough',
  entropy: 'as many at once as the entropy bound allows',
};

/** How a text is uncovered, in one line: `16 tokens appear together, surest first`. */
export function Caption({ settings: { blockSize, policy } }: { settings: GenerateSettings }) {
  if (blockSize === 1) {
    return (
      <p className="caption">
        One <Term id="token">token</Term> at a time, left to right
      </p>
    );
  }
  return (
    <p className="caption">
      {blockSize} <Term id="token">tokens</Term> appear together, {ORDERS[policy]}
    </p>
  );
}

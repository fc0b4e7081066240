import type { PolicyName } from '../../library/unmask';

/** What each reveal policy is called and does, for people. */
export const POLICY_TEXTS: Readonly<Record<PolicyName, { readonly name: string; readonly text: string }>> = {
  'first-hitting': {
    name: 'First hitting',
    text: 'Each pass uncovers one token at a random place. The slowest, and the most faithful to the model.',
  },
  confidence: {
    name: 'Most confident first',
    text: 'Each step uncovers an equal share of the block, starting with the tokens the model is surest of.',
  },
  ancestral: {
    name: 'Ancestral',
    text: 'Time runs from noise to text in equal steps, and each step gives every token its chance.',
  },
  threshold: {
    name: 'Above a threshold',
    text: 'Each pass uncovers every token the model is sure enough about, so easy passages go faster.',
  },
  entropy: {
    name: 'Within an entropy bound',
    text: 'Each pass uncovers the tokens the model is surest of, as long as their total entropy stays within the bound: fast where the text is easy, one token per pass where it is hard.',
  },
  speculative: {
    name: 'Drafted and checked',
    text: 'Each pass drafts a few tokens, and the next one reads them from left to right and keeps what writing one at a time would write, up to the first token that is another. The text is the same, in fewer passes.',
  },
};

/** Why the number of steps cannot be set, for the policies that choose it themselves. */
export function stepsHint(policy: PolicyName): string | undefined {
  switch (policy) {
    case 'first-hitting':
      return 'First hitting always takes one pass per token.';
    case 'threshold':
      return 'The threshold decides how many passes a block takes.';
    case 'entropy':
      return 'The entropy bound decides how many passes a block takes.';
    case 'speculative':
      return 'How much of each draft is kept decides how many passes a block takes.';
    case 'confidence':
    case 'ancestral':
      return undefined;
    default:
      return policy satisfies never;
  }
}

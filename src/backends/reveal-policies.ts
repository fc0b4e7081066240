import { UnmaskError } from '../errors';
import { isCleanPassAutoregressive, type Network } from '../network/network';
import type { BlockwisePolicy, Prediction, RevealPolicy, RevealPolicyName } from './backend';
import { STREAM, uniform } from './random';

/** The block that a policy reveals, as it is before the first step. */
export interface BlockStart {
  /** Of the block's first token in the text. */
  readonly position: number;
  /** How many of its positions are masked. */
  readonly masked: number;
  readonly seed: number;
}

/**
 * How one block is revealed. Steps count from 0. Two kinds of policy share this shape: those that pick
 * positions by lot need no network to do so, and ask for predictions of just these; those that pick by
 * confidence or entropy ask for all and choose among them.
 */
export interface BlockPolicy {
  /** The masked positions (ascending) that the network shall predict; where none, the step needs no pass. */
  candidates(masked: readonly number[], step: number): readonly number[];
  /** What is revealed of these predictions, in reveal order; never nothing. */
  choose(predictions: readonly Prediction[], step: number): readonly Prediction[];
}

/** The policy for one block. Its random numbers depend on the seed, the place in the text and the step alone. */
export function startBlock(policy: BlockwisePolicy, block: BlockStart): BlockPolicy {
  switch (policy.name) {
    case 'first-hitting':
      return firstHitting(block);
    case 'ancestral':
      return ancestral(block, policy.steps);
    case 'confidence':
      return confidence(block, policy.steps);
    case 'threshold':
      return threshold(policy.threshold);
    case 'entropy':
      return entropyBounded(policy.entropyBound);
    default:
      return policy satisfies never;
  }
}

/**
 * One masked position a pass, each equally likely. The first-hitting sampler draws the time of the next
 * reveal, t ← t · u^(1/n) with n masks left, and then a position; as the network does not see t, only the
 * order matters, and the times are never computed.
 *
 * Order number: `uniform(seed, order, step, position of the block)`.
 */
function firstHitting({ seed, position }: BlockStart): BlockPolicy {
  return {
    candidates(masked, step) {
      const chosen = Math.floor(uniform(seed, STREAM.order, step, position) * masked.length);
      return [masked[chosen]!];
    },
    choose: (predictions) => predictions,
  };
}

/**
 * Time falls from 1 to 0 in equal steps. From t to s = t − 1/steps every masked position is revealed
 * with probability (t − s)/t, which is 1/(steps − step); at the last step that is certainty.
 *
 * Order number: `uniform(seed, order, step, position of the token)`.
 */
function ancestral({ seed, position }: BlockStart, steps: number): BlockPolicy {
  return {
    candidates: (masked, step) =>
      masked.filter((offset) => uniform(seed, STREAM.order, step, position + offset) * (steps - step) < 1),
    choose: (predictions) => predictions,
  };
}

/** An even share of the block's masks a step, the remainder to the earliest steps: 10 in 4 steps is 3 3 2 2. */
function confidence({ masked: total }: BlockStart, steps: number): BlockPolicy {
  return {
    candidates: (masked) => masked,
    // With more steps than masks the shares are 1, and the block is done before the empty ones.
    choose: (predictions, step) =>
      mostConfidentFirst(predictions).slice(0, Math.floor(total / steps) + (step < total % steps ? 1 : 0)),
  };
}

/** Every prediction with probability > τ, and always the best one. */
function threshold(tau: number): BlockPolicy {
  return {
    candidates: (masked) => masked,
    choose: (predictions) =>
      mostConfidentFirst(predictions).filter(({ probability }, rank) => rank === 0 || probability > tau),
  };
}

/**
 * By rising entropy H, of equal ones the lower position first, as long as Σ H − max H over the revealed is at
 * most `bound` (nats). The first one always fits. A joint entropy is no less than the largest of its parts, so
 * this bounds Σ H − H(joint), which is the KL divergence that drawing them independently of each other costs.
 * H is of the model's own distribution, softmax over all ids but the mask, before temperature and nucleus.
 *
 * Source: the EB-Sampler of Ben-Hamu et al., "Accelerated Sampling from Masked Diffusion Models via Entropy
 * Bounded Unmasking", 2025 (arXiv 2505.24857), with the entropy itself as its order; γ there is `bound` here.
 */
function entropyBounded(bound: number): BlockPolicy {
  return {
    candidates: (masked) => masked,
    choose(predictions) {
      const chosen: Prediction[] = [];
      // Σ H − max H with the next one: in rising order the largest is the last.
      let sumBefore = 0;
      for (const prediction of leastEntropyFirst(predictions)) {
        if (sumBefore > bound) break;
        chosen.push(prediction);
        sumBefore += prediction.entropy;
      }
      return chosen;
    },
  };
}

/** By rising entropy; of equal ones the lower position first. */
function leastEntropyFirst(predictions: readonly Prediction[]): Prediction[] {
  return predictions.toSorted((a, b) => a.entropy - b.entropy || a.position - b.position);
}

/** By falling probability; of equal ones the lower position first. */
function mostConfidentFirst(predictions: readonly Prediction[]): Prediction[] {
  return predictions.toSorted((a, b) => b.probability - a.probability || a.position - b.position);
}

/** What a person can set about a policy; each policy takes what it knows. */
export interface PolicySettings {
  /** Per block. */
  readonly steps: number;
  readonly threshold: number;
  /** In nats. */
  readonly entropyBound: number;
}

/** Every policy by name, made from settings. */
const POLICIES: { readonly [Name in RevealPolicyName]: (settings: PolicySettings) => RevealPolicy } = {
  'first-hitting': () => ({ name: 'first-hitting' }),
  ancestral: ({ steps }) => ({ name: 'ancestral', steps }),
  confidence: ({ steps }) => ({ name: 'confidence', steps }),
  threshold: ({ threshold }) => ({ name: 'threshold', threshold }),
  entropy: ({ entropyBound }) => ({ name: 'entropy', entropyBound }),
  speculative: () => ({ name: 'speculative' }),
};

export const POLICY_NAMES = Object.keys(POLICIES) as RevealPolicyName[];

/** The policies that a network can be decoded by. */
export function policiesOf(network: Network): readonly RevealPolicyName[] {
  return POLICY_NAMES.filter((name) => name !== 'speculative' || isCleanPassAutoregressive(network));
}

/** Throws `bad-input` where a network cannot be decoded by a policy. */
export function checkDecodable({ name }: Pick<RevealPolicy, 'name'>, network: Network): void {
  if (policiesOf(network).includes(name)) return;
  throw new UnmaskError(
    'bad-input',
    'Drafting and checking needs a model whose finished text is read as in autoregression, and this one is not. Choose another policy.',
  );
}

/** The policy of that name. Throws `bad-input` for a name that is none. */
export function policyNamed(name: string, settings: PolicySettings): RevealPolicy {
  if (!Object.hasOwn(POLICIES, name)) {
    throw new UnmaskError('bad-input', `There is no policy "${name}". Choose one of ${POLICY_NAMES.join(', ')}.`);
  }
  return POLICIES[name as RevealPolicyName](settings);
}

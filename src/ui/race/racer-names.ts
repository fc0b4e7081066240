import type { GenerateSettings } from '../../library/unmask';
import { POLICY_TEXTS } from '../settings/policy-texts';
import { usesSteps } from '../settings/settings';
import type { Story } from '../story/story';

type Way = Pick<GenerateSettings, 'blockSize' | 'policy' | 'steps'>;

/** `one at a time` or `blocks of 16`. */
export function nameOf({ blockSize }: Pick<Way, 'blockSize'>): string {
  return blockSize === 1 ? 'one at a time' : `blocks of ${blockSize}`;
}

/** `most confident first, 8 steps`. Nothing for blocks of one, which leave no choice. */
export function paceOf({ blockSize, policy, steps }: Way): string {
  if (blockSize === 1) return '';
  const order = lowerFirst(POLICY_TEXTS[policy].name);
  return usesSteps(policy) ? `${order}, ${steps === 1 ? '1 step' : `${steps} steps`}` : order;
}

/** What to call two racers so that nobody takes one for the other. */
export function nameOfBoth([one, other]: readonly [Pick<Story, 'settings'>, Pick<Story, 'settings'>]): [
  string,
  string,
] {
  const [a, b] = [one.settings, other.settings];
  if (a.blockSize !== b.blockSize) return [nameOf(a), nameOf(b)];
  if (paceOf(a) === paceOf(b)) return ['the first', 'the second'];
  return [`${nameOf(a)} (${paceOf(a)})`, `${nameOf(b)} (${paceOf(b)})`];
}

/** True for two ways that write alike. */
export function isSameWay(one: Way, other: Way): boolean {
  return one.blockSize === other.blockSize && paceOf(one) === paceOf(other);
}

export function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

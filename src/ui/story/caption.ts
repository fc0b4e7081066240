import type { GenerateSettings } from '../../worker/protocol';
import { tokensText } from '../fields/format';

/** How a text is uncovered, in one line: `16 tokens appear together, surest first`. */
export function captionOf({ blockSize, policy }: Pick<GenerateSettings, 'blockSize' | 'policy'>): string {
  if (blockSize === 1) return 'One token at a time, left to right';
  const together = `${tokensText(blockSize)} appear together`;
  switch (policy) {
    case 'confidence':
      return `${together}, surest first`;
    case 'first-hitting':
    case 'ancestral':
      return `${together}, in random order`;
    case 'threshold':
      return `${together}, all that are sure enough at once`;
    case 'entropy':
      return `${together}, as many at once as are sure enough`;
    default:
      return policy satisfies never;
  }
}

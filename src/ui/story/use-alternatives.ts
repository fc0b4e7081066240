import { useEffect, useState } from 'react';
import type { AlternativeToken } from '../../library/unmask';
import type { Controller } from '../session/controller';
import type { Story } from './story';

/** How long a tip is open before the model is asked, in milliseconds: a pointer that passes by asks nothing. */
const REST = 150;

/** `coming` are being asked for; `later` means that the model is at work. */
export type AlternativesShown = readonly AlternativeToken[] | 'coming' | 'later';

/** What else could have stood at a token, asked for while its tip is open. */
export function useAlternatives(
  controller: Controller,
  story: Story,
  writing: boolean,
  { block, token }: { readonly block: number; readonly token: number },
): AlternativesShown {
  const [answer, setAnswer] = useState<{ readonly place: string; readonly found: AlternativesShown } | null>(null);
  const place = `${block}.${token}`;
  const known = controller.knownAlternatives(story, block, token);
  const isKnown = known !== null;
  useEffect(() => {
    if (writing || isKnown) return;
    const asking = new AbortController();
    const timer = setTimeout(async () => {
      const found = await controller.inspect(story, block, token, asking.signal);
      if (!asking.signal.aborted) setAnswer({ place: `${block}.${token}`, found: found ?? 'later' });
    }, REST);
    return () => {
      clearTimeout(timer);
      asking.abort();
    };
  }, [controller, story, writing, isKnown, block, token]);
  if (known) return known;
  if (writing) return 'later';
  return answer?.place === place ? answer.found : 'coming';
}

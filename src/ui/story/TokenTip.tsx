import type { Controller } from '../session/controller';
import type { Story } from './story';
import { TokenFacts } from './TokenFacts';
import { useAlternatives } from './use-alternatives';
import { useTipPlace } from './use-tip-place';
import type { Tip } from './use-token-tip';

interface Props {
  readonly tip: Tip;
  readonly story: Story;
  readonly writing: boolean;
  readonly controller: Controller;
}

/** What the model knew about the token that is pointed at. */
export function TokenTip({ tip, story, writing, controller }: Props) {
  const place = useTipPlace(tip.element);
  const alternatives = useAlternatives(controller, story, writing, tip);
  return (
    <div className="tip" {...place}>
      <TokenFacts tip={tip} alternatives={alternatives} />
      {alternatives === 'coming' || alternatives === 'later' ? null : (
        <p className="tip-how">Click, or press Enter, to use one of these</p>
      )}
    </div>
  );
}

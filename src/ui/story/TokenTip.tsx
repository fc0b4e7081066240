import type { Controller } from '../session/controller';
import type { Story } from './story';
import { shownText, TokenFacts } from './TokenFacts';
import { useAlternatives } from './use-alternatives';
import { useTipPlace } from './use-tip-place';
import type { Tip } from './use-token-tip';

interface Props {
  readonly tip: Tip;
  readonly story: Story;
  readonly writing: boolean;
  readonly controller: Controller;
}

/** What there is to know about the token that is pointed at. */
export function TokenTip(props: Props) {
  return props.tip.about.probability === null ? <GivenTip tip={props.tip} /> : <ModelsTip {...props} />;
}

/** Of a token that the model did not choose, such as one that was kept while its block was rewritten. */
function GivenTip({ tip }: Pick<Props, 'tip'>) {
  const place = useTipPlace(tip.element);
  return (
    <div className="tip" {...place}>
      <p role="status">
        <q>{shownText(tip.about.text)}</q> kept or chosen by you
      </p>
    </div>
  );
}

/** What the model knew about it. */
function ModelsTip({ tip, story, writing, controller }: Props) {
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

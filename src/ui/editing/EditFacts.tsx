import type { AlternativeToken } from '../../library/unmask';
import type { Controller } from '../session/controller';
import type { Block, Story } from '../story/story';
import { shownText, TokenFacts } from '../story/TokenFacts';
import { useAlternatives } from '../story/use-alternatives';
import { type Edit, type EditPlace, typeOver } from './editing';

interface Props {
  readonly edit: Edit;
  readonly story: Story;
  /** The block as it was. */
  readonly block: Block;
  readonly controller: Controller;
}

/** What is selected: of one token what the tip tells, and its alternatives to choose from; of more how many they are. */
export function EditFacts({ edit, story, block, controller }: Props) {
  const { anchor, head, places } = edit;
  const count = Math.abs(anchor - head) + 1;
  const about = block.tokens[head];
  if (count === 1 && about?.probability != null) {
    return <OneToken edit={edit} story={story} steps={block.steps} about={about} controller={controller} />;
  }
  const place = places[head];
  const from = Math.min(anchor, head);
  const selected = places.slice(from, from + count);
  return (
    <p className="edit-what" role="status">
      {count > 1 && selected.every(({ kind }) => kind === 'typed')
        ? `“${textOf(selected)}”, in place of “${textOf(block.tokens.slice(from, from + count).map((token) => ({ token })))}”`
        : count > 1 || !place
          ? `${count} tokens selected`
          : describe(place)}
    </p>
  );
}

function textOf(places: readonly Pick<EditPlace, 'token'>[]): string {
  return places
    .map(({ token }) => token.text)
    .join('')
    .trim();
}

interface OneTokenProps {
  readonly edit: Edit;
  readonly story: Story;
  readonly steps: number;
  readonly about: Block['tokens'][number];
  readonly controller: Controller;
}

function OneToken({ edit, story, steps, about, controller }: OneTokenProps) {
  const { block, head } = edit;
  const alternatives = useAlternatives(controller, story, false, { block, token: head });
  const choose = ({ id, text }: AlternativeToken) => {
    const next = typeOver(edit, [{ id, text }]);
    if (typeof next !== 'string') controller.editor.change(next);
  };
  const tip = { about, block, steps };
  return <TokenFacts tip={tip} alternatives={alternatives} place={edit.places[head]} onChoose={choose} />;
}

function describe({ kind, token }: EditPlace): string {
  switch (kind) {
    case 'masked':
      return 'To be rewritten';
    case 'typed':
      return `“${shownText(token.text)}”, typed`;
    case 'kept':
    case 'as it is':
      return `“${shownText(token.text)}”, kept by you`;
    default:
      return kind satisfies never;
  }
}

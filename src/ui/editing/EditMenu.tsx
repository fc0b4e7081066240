import { autoUpdate, flip, inline, offset, type SizeOptions, shift, size, useFloating } from '@floating-ui/react-dom';
import { type KeyboardEvent, useLayoutEffect, useState } from 'react';
import type { Controller } from '../session/controller';
import type { Block, Story } from '../story/story';
import { EditFacts } from './EditFacts';
import { type Edit, isChanged, keep, mask, maskOthers } from './editing';
import { TypeOver } from './TypeOver';

interface Props {
  readonly edit: Edit;
  readonly story: Story;
  /** The block as it was. */
  readonly block: Block;
  readonly typing: boolean;
  readonly setTyping: (typing: boolean) => void;
  /** Leaves everything as it was. */
  readonly onCancel: () => void;
  /** Called before the menu goes away: the focus has to go somewhere. */
  readonly onLeave: () => void;
  readonly controller: Controller;
}

/** Lower than this it shows too little to choose from, in pixels. */
const LEAST_HEIGHT = 220;

const limitHeight: SizeOptions['apply'] = ({ availableHeight, elements }) => {
  elements.floating.style.maxHeight = `${Math.max(LEAST_HEIGHT, availableHeight)}px`;
};

/** What can be done with the selected tokens of a block. */
export function EditMenu({ edit, story, block, typing, setTyping, onCancel, onLeave, controller }: Props) {
  const [reference, setReference] = useState<Element | null>(null);
  const { refs, floatingStyles } = useFloating({
    placement: 'bottom-start',
    strategy: 'fixed',
    elements: { reference },
    middleware: [
      inline(),
      offset(8),
      flip({ padding: 8 }),
      size({ padding: 8, apply: limitHeight }),
      // On a low screen it covers the token rather than to be cut off.
      shift({ padding: 8, crossAxis: true }),
    ],
    whileElementsMounted: autoUpdate,
  });
  // A token that is masked or typed over is drawn by another element.
  useLayoutEffect(() => {
    const text = refs.floating.current?.closest('.story');
    setReference(text?.querySelector(`[data-token="${edit.block}.${edit.head}"]`) ?? null);
  }, [edit, refs]);
  const leave = (act: () => void) => {
    onLeave();
    act();
  };
  const write = () => leave(() => void controller.editor.write());
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape' && !event.defaultPrevented) leave(onCancel);
    else if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) write();
    else return;
    event.preventDefault();
  };
  return (
    <section
      className="edit-menu"
      aria-label={`Edit block ${edit.block + 1}`}
      ref={refs.setFloating}
      style={floatingStyles}
      onKeyDown={onKeyDown}
    >
      <EditFacts edit={edit} story={story} block={block} controller={controller} />
      {typing ? (
        <TypeOver edit={edit} onDone={() => setTyping(false)} onLeave={onLeave} controller={controller} />
      ) : (
        <div className="edit-actions">
          <button type="button" onClick={() => setTyping(true)}>
            Type over…
          </button>
          <button type="button" onClick={() => controller.editor.change(mask(edit))}>
            Rewrite
          </button>
          <button type="button" onClick={() => controller.editor.change(keep(edit))}>
            Keep
          </button>
          <button type="button" onClick={() => controller.editor.change(maskOthers(edit))}>
            Keep only this
          </button>
        </div>
      )}
      <p className="hint">
        {isChanged(edit)
          ? 'This block is rewritten around the words you keep, and so is everything after it.'
          : 'This block stays as it is. Everything after it is rewritten.'}
      </p>
      <div className="edit-end">
        <button type="button" className="quiet" onClick={() => leave(onCancel)}>
          Cancel
        </button>
        <button type="button" className="quiet write-on" onClick={write}>
          Regenerate from here
        </button>
      </div>
    </section>
  );
}

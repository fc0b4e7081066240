import { type KeyboardEvent, type MouseEvent, type PointerEvent, useRef, useState } from 'react';
import type { Controller } from '../session/controller';
import type { Story } from '../story/story';
import type { TokenPlace } from '../story/use-token-tip';
import { beginEdit, type Edit, isChanged, mask, select, selectTo } from './editing';

interface Options {
  readonly story: Story;
  /** Whether the text may be edited now. */
  readonly offered: boolean;
  readonly edit: Edit | null;
  /** Where the arrow keys are. */
  readonly at: TokenPlace | null;
  readonly controller: Controller;
}

/**
 * Editing by pointer and keys in the text itself. A click begins, a Shift+click, a drag or Shift with an arrow key
 * selects several. A handler returns true for an event that was for editing.
 */
export function useEditing({ story, offered, edit, at, controller }: Options) {
  const [typing, setTyping] = useState(false);
  const dragged = useRef(false);

  const begin = (place: TokenPlace): boolean => {
    const next = beginEdit(story, place.block, place.token);
    if (next) controller.editor.begin(story, next);
    setTyping(false);
    return next !== null;
  };
  const choose = (place: TokenPlace, extend: boolean): boolean => {
    if (!edit) return begin(place);
    if (place.block === edit.block) {
      setTyping(false);
      controller.editor.change(extend ? selectTo(edit, place.token) : select(edit, place.token));
    } else if (!isChanged(edit)) {
      return begin(place);
    }
    return true;
  };
  const end = () => {
    setTyping(false);
    controller.editor.change(null);
  };

  const onClick = (event: MouseEvent, place: TokenPlace | null): boolean => {
    if (dragged.current) return true;
    // What was marked to be copied is not to be edited.
    const isMarking = edit === null && window.getSelection()?.isCollapsed === false;
    if (!offered || !place || isMarking) return edit !== null;
    return choose(place, event.shiftKey);
  };
  /** A drag begins where the button goes down. */
  const onPointerDown = ({ shiftKey, pointerType }: PointerEvent, place: TokenPlace | null) => {
    dragged.current = false;
    if (!edit || shiftKey || pointerType === 'touch' || place?.block !== edit.block) return;
    controller.editor.change(select(edit, place.token));
  };
  const onPointerOver = ({ buttons }: PointerEvent, place: TokenPlace | null): boolean => {
    // Several of these events come between two drawings of the page.
    const { edit } = controller.session;
    if (!edit) return false;
    if (buttons === 1 && place?.block === edit.block && place.token !== edit.head) {
      controller.editor.change(selectTo(edit, place.token));
      dragged.current = true;
    }
    return true;
  };
  const onKeyDown = (event: KeyboardEvent): boolean => {
    if (!edit) {
      if (event.key !== 'Enter' || event.ctrlKey || event.metaKey || !offered || !at || !begin(at)) return false;
      event.preventDefault();
      return true;
    }
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (step !== 0) controller.editor.change((event.shiftKey ? selectTo : select)(edit, edit.head + step));
    else if (event.key === 'Delete' || event.key === 'Backspace') controller.editor.change(mask(edit));
    else if (event.key === 'Escape') end();
    else if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void controller.editor.write();
    else if (event.key === 'Enter') setTyping(true);
    else return false;
    event.preventDefault();
    return true;
  };
  return { typing, setTyping, end, handlers: { onClick, onPointerDown, onPointerOver, onKeyDown } };
}

import { type FocusEvent, type KeyboardEvent, type PointerEvent, useState } from 'react';
import type { Story, Token } from './story';

/** Where a tip points, and what it is about. */
export interface Tip {
  readonly block: number;
  readonly token: number;
  readonly about: Token;
  /** Of the token on screen, in pixels from the viewport's corner. */
  readonly left: number;
  readonly top: number;
}

type Place = Pick<Tip, 'block' | 'token' | 'left' | 'top'>;

/** Which token the pointer is on, or the arrow keys have walked to while the text has the focus. */
export function useTokenTip(story: Story) {
  const [place, setPlace] = useState<Place | null>(null);
  const about = place ? story.blocks[place.block]?.tokens[place.token] : undefined;
  const tip: Tip | null = place && about?.probability != null ? { ...place, about } : null;

  const onPointerOver = ({ target }: PointerEvent) => {
    setPlace(target instanceof Element ? placeOf(target.closest('[data-token]')) : null);
  };
  const onPointerLeave = () => setPlace(null);
  const onBlur = (_event: FocusEvent) => setPlace(null);
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    const tokens = [...event.currentTarget.querySelectorAll('[data-token]')];
    const at = tokens.findIndex((token) => token.getAttribute('data-token') === `${place?.block}.${place?.token}`);
    const next = tokens[Math.max(0, Math.min(tokens.length - 1, at + step))] ?? null;
    next?.scrollIntoView({ block: 'nearest' });
    setPlace(placeOf(next));
  };
  return { tip, handlers: { onPointerOver, onPointerLeave, onBlur, onKeyDown } };
}

function placeOf(element: Element | null): Place | null {
  const [block, token] = (element?.getAttribute('data-token') ?? '').split('.').map(Number);
  const box = element?.getClientRects()[0];
  if (!box || block === undefined || token === undefined) return null;
  return { block, token, left: box.left + box.width / 2, top: box.top };
}

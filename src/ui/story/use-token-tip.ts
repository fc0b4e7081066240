import { type KeyboardEvent, type PointerEvent, type SyntheticEvent, useLayoutEffect, useState } from 'react';
import type { Block, Token } from './story';

/** What a tip is about, and the element it points at. */
export interface Tip {
  readonly block: number;
  readonly token: number;
  readonly about: Token;
  /** How many steps its block took. */
  readonly steps: number;
  readonly element: Element;
}

export type TokenPlace = Pick<Tip, 'block' | 'token' | 'element'>;

/** Which token the pointer is on or a finger has tapped, or the arrow keys have walked to while the text has the focus. */
export function useTokenTip(blocks: readonly Block[]) {
  const [place, setPlace] = useState<TokenPlace | null>(null);
  const block = place ? blocks[place.block] : undefined;
  const about = place ? block?.tokens[place.token] : undefined;
  const tip: Tip | null = place && block && about && about.id !== null ? { ...place, about, steps: block.steps } : null;

  // An answer that becomes Markdown takes its tokens away from under a pointer that does not move.
  useLayoutEffect(() => {
    if (place && !place.element.isConnected) setPlace(null);
  });

  const show = (event: SyntheticEvent) => setPlace(placeUnder(event));
  /** A finger may only be scrolling; once it has tapped, `onClick` comes. */
  const onPointerOver = (event: PointerEvent) => {
    if (event.pointerType !== 'touch') show(event);
  };
  const onPointerLeave = ({ pointerType }: PointerEvent) => {
    if (pointerType !== 'touch') setPlace(null);
  };
  const onBlur = () => setPlace(null);
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    if (event.key === 'Escape' && tip) {
      event.preventDefault();
      setPlace(null);
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const tokens = [...event.currentTarget.querySelectorAll('[data-token]')];
    const at = place ? tokens.indexOf(place.element) : -1;
    const to = destination(event.key, tokens, at);
    if (to === null) return;
    event.preventDefault();
    const next = tokens[Math.max(0, Math.min(tokens.length - 1, to))] ?? null;
    next?.scrollIntoView({ block: 'nearest' });
    setPlace(placeOf(next));
  };
  return { tip, place, handlers: { onPointerOver, onPointerLeave, onClick: show, onBlur, onKeyDown } };
}

/** Where a key leads from the token at `at`, which is -1 before the first; null for a key that leads nowhere. */
function destination(key: string, tokens: readonly Element[], at: number): number | null {
  switch (key) {
    case 'ArrowRight':
      return at + 1;
    case 'ArrowLeft':
      return at - 1;
    case 'Home':
      return 0;
    case 'End':
      return tokens.length - 1;
    case 'ArrowDown':
      return at < 0 ? 0 : inOtherLine(tokens, at, 1);
    case 'ArrowUp':
      return at < 0 ? 0 : inOtherLine(tokens, at, -1);
    default:
      return null;
  }
}

/** The token under this one in the next line, or over it in the one before; itself where there is no such line. */
function inOtherLine(tokens: readonly Element[], at: number, way: 1 | -1): number {
  const { left, top, height } = tokens[at]!.getBoundingClientRect();
  let line: number | null = null;
  let best = at;
  let least = Number.POSITIVE_INFINITY;
  for (let index = at + way; tokens[index]; index += way) {
    const box = tokens[index]!.getBoundingClientRect();
    if (Math.abs(box.top - top) < height / 2) continue;
    line ??= box.top;
    if (Math.abs(box.top - line) >= height / 2) break;
    if (Math.abs(box.left - left) < least) [best, least] = [index, Math.abs(box.left - left)];
  }
  return best;
}

/** The token that an event of a pointer is about. */
export function placeUnder({ target }: SyntheticEvent): TokenPlace | null {
  return target instanceof Element ? placeOf(target.closest('[data-token]')) : null;
}

function placeOf(element: Element | null): TokenPlace | null {
  const [block, token] = (element?.getAttribute('data-token') ?? '').split('.').map(Number);
  if (!element || block === undefined || token === undefined) return null;
  return { block, token, element };
}

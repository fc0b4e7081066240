import { type KeyboardEvent, type PointerEvent, type SyntheticEvent, useState } from 'react';

/** The token that a tip is about, and the element it points at. */
export interface HeatTip {
  readonly token: number;
  readonly element: Element;
}

/** The token that the pointer is on or a finger has tapped, or that the arrow keys have walked to. */
export function useHeatTip(count: number) {
  const [place, setPlace] = useState<HeatTip | null>(null);
  const tip = place && place.token < count && place.element.isConnected ? place : null;
  const show = ({ target }: SyntheticEvent) => {
    setPlace(target instanceof Element ? placeOf(target.closest('[data-token]')) : null);
  };
  const onPointerOver = (event: PointerEvent) => {
    if (event.pointerType !== 'touch') show(event);
  };
  const onPointerLeave = ({ pointerType }: PointerEvent) => {
    if (pointerType !== 'touch') setPlace(null);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (event.key === 'Escape' && tip) setPlace(null);
    else if (step !== 0) {
      const tokens = event.currentTarget.querySelectorAll('[data-token]');
      const next = tokens[Math.max(0, Math.min(count - 1, (tip?.token ?? -1) + step))] ?? null;
      next?.scrollIntoView({ block: 'nearest' });
      setPlace(placeOf(next));
    } else return;
    event.preventDefault();
  };
  return { tip, handlers: { onPointerOver, onPointerLeave, onClick: show, onBlur: () => setPlace(null), onKeyDown } };
}

function placeOf(element: Element | null): HeatTip | null {
  const token = element?.getAttribute('data-token');
  return element && token != null ? { token: Number(token), element } : null;
}

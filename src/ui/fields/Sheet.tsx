import { type ReactNode, type RefObject, useEffect, useId, useRef } from 'react';

interface Props {
  readonly title: string;
  readonly className?: string;
  /** For one that closes itself. */
  readonly ref?: RefObject<HTMLDialogElement | null>;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** A modal dialog with its title and a Close button. Escape closes it too, and the focus goes back to where it was. */
export function Sheet({ title, className = '', ref, onClose, children }: Props) {
  const id = useId();
  const own = useRef<HTMLDialogElement>(null);
  const dialog = ref ?? own;
  useEffect(() => dialog.current?.showModal(), [dialog]);
  return (
    <dialog className={`sheet ${className}`} ref={dialog} aria-labelledby={id} onClose={onClose}>
      <header>
        <h2 id={id} tabIndex={-1}>
          {title}
        </h2>
        <button type="button" className="quiet" onClick={() => dialog.current?.close()}>
          Close
        </button>
      </header>
      {children}
    </dialog>
  );
}

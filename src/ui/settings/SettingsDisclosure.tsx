import { type ReactNode, useId, useState } from 'react';

/** On a narrow screen the settings fold away behind a button; on a wide one they are always there. */
export function SettingsDisclosure({ children }: { children: ReactNode }) {
  const id = useId();
  const [open, setOpen] = useState(false);
  return (
    <section className="settings" aria-label="Settings">
      <button
        type="button"
        className="settings-toggle"
        aria-expanded={open}
        aria-controls={id}
        onClick={() => setOpen(!open)}
      >
        Settings
      </button>
      <div id={id} className="settings-body" data-open={open}>
        {children}
      </div>
    </section>
  );
}

import { type FormEvent, memo, useId } from 'react';
import { ActionButton } from '../fields/ActionButton';
import { ChoiceField } from '../fields/ChoiceField';
import { useLimit } from '../fields/use-limit';
import { WaitingNote } from '../fields/WaitingNote';
import type { Controller } from '../session/controller';
import { type ModelState, traitsOf } from '../session/session';
import { LONGEST, type Settings, settingsOn } from '../settings/settings';
import { KINDS, kindOf, titleForKind } from './document-form';

interface FormProps {
  readonly settings: Settings;
  readonly onChange: (change: Partial<Settings>) => void;
}

interface Props {
  readonly settings: Settings;
  readonly model: ModelState;
  readonly writing: boolean;
  /** Whether something here takes effect with the next text only. */
  readonly waiting: boolean;
  readonly controller: Controller;
}

const AS_TYPED = 'Used exactly as you type it.';

/** What to write, and the button that writes it. */
export const Compose = memo(function Compose({ settings, model, writing, waiting, controller }: Props) {
  const onChange = (change: Partial<Settings>) => controller.set(change);
  const traits = traitsOf(model);
  const hasForms = traits.origin.type === 'embedded';
  return (
    <section className="compose" aria-label="What to write">
      {hasForms ? (
        <ChoiceField
          label="Start from"
          value={settings.form}
          choices={[
            { value: 'titled', label: 'A title' },
            { value: 'free', label: 'Your own words' },
          ]}
          onChange={(form) => onChange({ form })}
        />
      ) : null}
      {settingsOn(settings, traits).form === 'titled' ? (
        <TitleForm settings={settings} onChange={onChange} onWrite={() => void controller.write()} />
      ) : (
        <FreeForm
          settings={settings}
          hint={hasForms ? `${AS_TYPED} The model was trained on stories in English.` : AS_TYPED}
          onChange={onChange}
        />
      )}
      <ActionButton
        label="Generate"
        running={writing}
        ready={model.phase === 'ready'}
        onStart={() => void controller.write()}
        onStop={() => controller.stop()}
      />
      <WaitingNote until={waiting ? 'next text' : null} />
    </section>
  );
});

/** Enter in the title writes. */
function TitleForm({ settings, onChange, onWrite }: FormProps & { readonly onWrite: () => void }) {
  const id = useId();
  const kind = kindOf(settings.kind);
  const limit = useLimit(LONGEST.title, (title) => onChange({ title }));
  const changeKind = (name: string) => {
    onChange({ kind: name, title: titleForKind(settings.title, kind, kindOf(name)) });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onWrite();
  };
  return (
    <form className="title-form" onSubmit={submit}>
      <div className="compose-title">
        <div className="field">
          <label htmlFor={`${id}-kind`}>Kind</label>
          <select id={`${id}-kind`} value={kind.name} onChange={(event) => changeKind(event.target.value)}>
            {KINDS.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </div>
        <div className="field">
          <label htmlFor={`${id}-title`}>Title</label>
          <input
            id={`${id}-title`}
            type="text"
            autoComplete="off"
            enterKeyHint="go"
            value={settings.title}
            onChange={limit.onChange}
          />
          {limit.note}
        </div>
      </div>
      <ul className="suggestions" aria-label="Titles to try">
        {kind.titles
          .filter((title) => title !== settings.title)
          .slice(0, 2)
          .map((title) => (
            <li key={title}>
              <button
                type="button"
                onClick={() => {
                  onChange({ title });
                  onWrite();
                }}
              >
                {title}
              </button>
            </li>
          ))}
      </ul>
    </form>
  );
}

function FreeForm({ settings, hint, onChange }: FormProps & { readonly hint: string }) {
  const id = useId();
  const limit = useLimit(LONGEST.freePrompt, (freePrompt) => onChange({ freePrompt }));
  return (
    <div className="field">
      <label htmlFor={id}>Opening words</label>
      <textarea
        id={id}
        rows={4}
        aria-describedby={`${id}-hint`}
        value={settings.freePrompt}
        onChange={limit.onChange}
      />
      {limit.note}
      <p className="hint" id={`${id}-hint`}>
        {hint}
      </p>
    </div>
  );
}

import { useState } from 'react';
import { useModel } from './use-model';

/** A conversation with the model at a place, which `openModel` knows how to open. */
export function Chat({ place }) {
  const { model, progress, problem } = useModel(place);
  const [turns, setTurns] = useState([]);
  const [refusal, setRefusal] = useState(null);

  async function ask(event) {
    event.preventDefault();
    const form = event.currentTarget;
    const messages = [...turns, { role: 'user', content: form.elements.question.value }];
    form.reset();
    setTurns(messages);
    let content = '';
    try {
      for await (const event of model.generate(messages, { maxTokens: 256 })) {
        if (event.type !== 'block') continue;
        content += event.text;
        setTurns([...messages, { role: 'assistant', content }]);
      }
    } catch (error) {
      // Another question ends the answer before it.
      if (error.code !== 'cancelled') setRefusal(error.message);
    }
  }

  return (
    <main>
      <h1>{model?.info.name ?? 'A chat'}</h1>
      {model || problem ? null : <progress aria-label="Loading the model" {...progress} />}
      <div aria-live="polite">
        {turns.map(({ role, content }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: turns are only ever added at the end
          <p key={index}>
            <strong>{role === 'user' ? 'You' : 'Model'}:</strong> {content}
          </p>
        ))}
      </div>
      {problem || refusal ? <p role="alert">{problem ?? refusal}</p> : null}
      <form onSubmit={ask}>
        <label>
          Your message <input name="question" required autoComplete="off" />
        </label>{' '}
        <button type="submit" disabled={!model}>
          Send
        </button>
      </form>
    </main>
  );
}

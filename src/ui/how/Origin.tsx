import { OutsideLink } from '../fields/OutsideLink';
import { ORIGIN } from './measured';

/** Who trained the model, on what, and how small it is. */
export function Origin() {
  const { parameters, steps, tokens, share, hours, documents, sources } = ORIGIN;
  return (
    <>
      <p>
        We trained it ourselves, from scratch: {parameters} parameters, {steps} steps on {tokens} tokens, {hours} on two
        CPU cores. It has seen {share} of {documents.toLocaleString('en')} stories, once. That is enough for sentences
        and the tone of a tale, but not for a plot; it knows nothing about the world. It was trained on blocks of 1 to
        32 tokens together, so that you can move the slider.
      </p>
      <table className="data-sources">
        <caption>What it read</caption>
        <thead>
          <tr>
            <th scope="col">Source</th>
            <th scope="col">Licence</th>
            <th scope="col">Stories</th>
          </tr>
        </thead>
        <tbody>
          {sources.map(({ name, href, licence, documents }) => (
            <tr key={name}>
              <th scope="row">
                <OutsideLink href={href}>{name}</OutsideLink>
              </th>
              <td>{licence}</td>
              <td>{documents.toLocaleString('en')}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p>
        The weights and the code of this page are under the MIT licence. The model runs on your device; nothing you
        write leaves it.
      </p>
    </>
  );
}

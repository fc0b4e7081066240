import { useState } from 'react';
import { ChoiceField } from '../fields/ChoiceField';
import { BEST_PERPLEXITY } from '../settings/quality';
import { PACED_SAMPLES, PERPLEXITY_BY_BLOCK_SIZE } from './measured';

/** What the model writes in fewer and fewer steps, and what larger blocks cost it, both as measured. */
export function PriceFigure() {
  const [steps, setSteps] = useState(PACED_SAMPLES[0].steps);
  const sample = PACED_SAMPLES.find((each) => each.steps === steps) ?? PACED_SAMPLES[0];
  return (
    <>
      <figure className="figure price-figure">
        <ChoiceField
          label="Steps for a block of 16"
          value={String(steps)}
          choices={PACED_SAMPLES.map(({ steps }) => ({ value: String(steps), label: String(steps) }))}
          onChange={(value) => setSteps(Number(value))}
        />
        <p className="figure-text sample">{sample.text}</p>
        <p className="figure-line">
          {sample.passesPerToken.toFixed(2)} passes per token, perplexity {sample.perplexity.toFixed(1)}.
        </p>
        <figcaption className="hint">
          How this model’s texts begin, unedited: surest tokens first, seed 1. Perplexity is the model’s own reading of
          them, one token at a time: roughly, how many equally likely tokens it is torn between at each place. Texts it
          writes one token at a time have {BEST_PERPLEXITY.toFixed(1)}; lower is smoother, not truer.
        </figcaption>
      </figure>
      <p>
        Even without hurrying, large blocks cost a little, because guessing many tokens at once is harder than guessing
        the next one. On stories the model had not seen:
      </p>
      <BlockSizeTable />
      <p>
        The price falls with training. In the paper’s models, which are larger and were trained far longer, blocks of 4
        cost 18 % more than blocks of 1, and blocks of 16 cost 27 % more. See how this model fares on a text of your own
        in <a href="#read">Read</a> measures.
      </p>
    </>
  );
}

function BlockSizeTable() {
  const [one] = PERPLEXITY_BY_BLOCK_SIZE;
  const most = Math.max(...PERPLEXITY_BY_BLOCK_SIZE.map(({ perplexity }) => perplexity));
  return (
    <table className="perplexities">
      <thead>
        <tr>
          <th scope="col">Block size</th>
          <th scope="col">Perplexity</th>
          <th scope="col">vs. size 1</th>
        </tr>
      </thead>
      <tbody>
        {PERPLEXITY_BY_BLOCK_SIZE.map(({ blockSize, perplexity, over }) => (
          <tr key={blockSize}>
            <th scope="row">{blockSize}</th>
            <td>
              <span className="bar" style={{ '--share': perplexity / most }} />
              {blockSize === one.blockSize ? '' : '≤ '}
              {perplexity.toFixed(1)}
            </td>
            <td>{over === 0 ? '–' : `+${over} %`}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

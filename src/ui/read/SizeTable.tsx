import { perplexityText } from '../fields/format';
import { Term } from '../glossary/Term';
import type { Report } from './report';

/** How well the model predicts the text at each of its block sizes; rows fill as they are measured. */
export function SizeTable({ report: { blockSizes, sizes } }: { report: Report }) {
  const most = Math.max(...sizes.map(({ bitsPerByte }) => bitsPerByte), 0);
  return (
    <table className="read-table sizes">
      <caption>By block size</caption>
      <thead>
        <tr>
          <th scope="col">Block size</th>
          <th scope="col">
            <Term id="bits-a-byte">Bits per byte</Term>
          </th>
          <th scope="col">
            <Term id="perplexity">Perplexity</Term>
          </th>
          <th scope="col">
            <Term id="nat">Nats per token</Term>
          </th>
        </tr>
      </thead>
      <tbody>
        {blockSizes.map((blockSize) => {
          const score = sizes.find((size) => size.blockSize === blockSize);
          if (!score) {
            return (
              <tr key={blockSize}>
                <th scope="row">{blockSize}</th>
                <td>–</td>
                <td>–</td>
                <td>–</td>
              </tr>
            );
          }
          const { bitsPerByte, perplexity, natsPerToken, standardError } = score;
          const sign = standardError === null ? '' : '≤ ';
          return (
            <tr key={blockSize} data-size={blockSize}>
              <th scope="row">{blockSize}</th>
              <td>
                <span className="size-bar" style={{ '--share': most > 0 ? bitsPerByte / most : 0 }} />
                {sign}
                {bitsPerByte.toFixed(2)}
              </td>
              <td>
                {sign}
                {perplexityText(perplexity)}
              </td>
              <td>
                {sign}
                {natsPerToken.toFixed(2)}
                {standardError === null ? ', exact' : ` ± ${standardError.toFixed(2)}`}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

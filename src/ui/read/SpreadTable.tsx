import type { Report, Spread } from './report';
import { placeOn, rangeOf, scheduleName } from './spread';

/** How far the estimates of the bound lie apart from draw to draw, under each schedule of noise. */
export function SpreadTable({ report: { spreads } }: { report: Report }) {
  const range = rangeOf(spreads);
  return (
    <table className="read-table spreads">
      <caption>Draws of noise, in nats per token</caption>
      <thead>
        <tr>
          <th scope="col">Block size</th>
          <th scope="col">Noise</th>
          <th scope="col">
            <span className="strip-ends">
              <span>{range[0].toFixed(1)}</span> <span className="visually-hidden">to</span>{' '}
              <span>{range[1].toFixed(1)}</span>
            </span>
          </th>
          <th scope="col">Mean</th>
          <th scope="col">Deviation</th>
        </tr>
      </thead>
      <tbody>
        {spreads.map((spread) => (
          <SpreadRow key={`${spread.blockSize} ${scheduleName(spread.schedule)}`} spread={spread} range={range} />
        ))}
      </tbody>
    </table>
  );
}

function SpreadRow({ spread, range }: { spread: Spread; range: readonly [number, number] }) {
  const { blockSize, schedule, values, mean, deviation } = spread;
  const name = scheduleName(schedule);
  return (
    <tr data-schedule={name}>
      <th scope="row">{blockSize}</th>
      <td>{name}</td>
      <td>
        <div className="strip" aria-hidden="true">
          {values.map((value, draw) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a draw is its number
            <span key={draw} className="draw" style={{ '--share': placeOn(range, value) }} />
          ))}
          <span className="mean" style={{ '--share': placeOn(range, mean) }} />
        </div>
      </td>
      <td>{mean.toFixed(2)}</td>
      <td>{deviation.toFixed(2)}</td>
    </tr>
  );
}

import type { BenchReport, BenchScope } from '../report';
import { reportTables, type Table } from '../tables';

type State = 'idle' | 'running' | 'done' | 'stopped';

function element<Kind extends HTMLElement>(id: string, kind: new () => Kind): Kind {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`bench.html lacks #${id}`);
  return found;
}

/** The page of the benchmark: its controls, the progress, the tables. */
export class BenchView {
  onRun: () => void = () => {};
  onCancel: () => void = () => {};
  readonly #run = element('run', HTMLButtonElement);
  readonly #cancel = element('cancel', HTMLButtonElement);
  readonly #copy = element('copy', HTMLButtonElement);
  readonly #scope = element('scope', HTMLSelectElement);
  readonly #status = element('status', HTMLElement);
  readonly #progress = element('progress', HTMLOListElement);
  readonly #tables = element('tables', HTMLElement);
  readonly #raw = element('raw', HTMLDetailsElement);
  readonly #json = element('json', HTMLPreElement);

  constructor() {
    this.#run.onclick = () => this.onRun();
    this.#cancel.onclick = () => this.onCancel();
    this.#copy.onclick = () => this.#copyJson();
    this.#show('idle', '');
  }

  get scope(): BenchScope {
    return this.#scope.value === 'full' ? 'full' : 'quick';
  }

  showRunning(): void {
    this.#progress.replaceChildren();
    this.#tables.replaceChildren();
    this.#json.textContent = '';
    this.#show('running', 'Running. Leave this tab in front and the computer to itself.');
  }

  showProgress(line: string): void {
    const item = document.createElement('li');
    item.textContent = line;
    this.#progress.append(item);
  }

  showReport(report: BenchReport): void {
    this.#json.textContent = JSON.stringify(report, null, 2);
    this.#tables.replaceChildren(...reportTables(report).map(tableElement));
    this.#show('done', `Done, on ${report.adapter}.`);
  }

  showStopped(message: string): void {
    this.#show('stopped', message);
  }

  #show(state: State, status: string): void {
    document.body.dataset.state = state;
    this.#status.textContent = status;
    this.#run.disabled = state === 'running';
    this.#cancel.disabled = state !== 'running';
    this.#copy.disabled = state !== 'done';
    this.#raw.hidden = state !== 'done';
  }

  async #copyJson(): Promise<void> {
    try {
      await navigator.clipboard.writeText(this.#json.textContent);
      this.#status.textContent = 'Copied.';
    } catch {
      this.#raw.open = true;
      this.#status.textContent = 'The browser did not allow it. Copy the JSON below.';
    }
  }
}

/** A table in a scroller of its own, which keys can scroll. */
function tableElement({ title, columns, rows }: Table): HTMLElement {
  const table = document.createElement('table');
  table.createCaption().textContent = title;
  const head = table.createTHead().insertRow();
  for (const column of columns) {
    const cell = document.createElement('th');
    cell.scope = 'col';
    cell.textContent = column;
    head.append(cell);
  }
  const body = table.createTBody();
  for (const row of rows) {
    const line = body.insertRow();
    for (const text of row) line.insertCell().textContent = text;
  }
  const scroller = document.createElement('div');
  scroller.className = 'scroller';
  scroller.tabIndex = 0;
  scroller.role = 'region';
  scroller.ariaLabel = title;
  scroller.append(table);
  return scroller;
}

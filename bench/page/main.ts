import type { BenchReport } from '../report';
import type { BenchMessage, BenchRequest } from './bench-protocol';
import './bench.css';
import { BenchView } from './bench-view';

const view = new BenchView();
let worker: Worker | undefined;

function run(): void {
  worker = new Worker(new URL('./bench-worker.ts', import.meta.url), { type: 'module' });
  worker.onmessage = ({ data }: MessageEvent<BenchMessage>) => {
    switch (data.type) {
      case 'progress':
        console.info(data.line);
        view.showProgress(data.line);
        break;
      case 'done':
        finish(data.report);
        break;
      case 'failed':
        stop(data.message);
        break;
      default:
        data satisfies never;
    }
  };
  worker.onerror = ({ message }) => stop(message || 'The worker did not start.');
  view.showRunning();
  worker.postMessage({ scope: view.scope, models: modelUrls() } satisfies BenchRequest);
}

/** The large model is served only to the command, which names its folder in the address. */
function modelUrls(): BenchRequest['models'] {
  const folder = (path: string) => new URL(path, document.baseURI).href;
  const large = new URLSearchParams(location.search).get('large');
  return { stories: folder('models/stories/'), large: large && folder(`models/${large}/`) };
}

function finish(report: BenchReport): void {
  worker?.terminate();
  view.showReport(report);
}

/** Ending the worker frees all it has on the GPU. */
function stop(message: string): void {
  worker?.terminate();
  view.showStopped(message);
}

view.onRun = run;
view.onCancel = () => stop('Cancelled.');

import type { ErrorCode } from '../errors';
import type { Controller } from './controller';
import type { Problem, Session } from './session';

/** After these the worker or its device is gone, and only loading again helps. */
const LOST: readonly ErrorCode[] = ['device-lost', 'out-of-memory', 'internal'];

/** What went wrong and what can be done, beside everything that is still there. */
export function ProblemAlert({ session, controller }: { session: Session; controller: Controller }) {
  const { model, problem, settings } = session;
  if (model.phase === 'failed') {
    return (
      <Alert title="The model could not be loaded" problem={model.problem}>
        <button type="button" className="quiet" onClick={() => void controller.open()}>
          Try again
        </button>
        {settings.backend === 'webgpu' ? (
          <button type="button" className="quiet" onClick={() => openOnCpu(controller)}>
            Use the CPU instead
          </button>
        ) : null}
      </Alert>
    );
  }
  if (!problem) return null;
  return (
    <Alert title="The text could not be written" problem={problem}>
      {LOST.includes(problem.code) ? (
        <button type="button" className="quiet" onClick={() => void controller.load()}>
          Load the model again
        </button>
      ) : null}
    </Alert>
  );
}

function openOnCpu(controller: Controller): void {
  controller.set({ backend: 'wasm' });
  void controller.open();
}

function Alert({ title, problem, children }: { title: string; problem: Problem; children: React.ReactNode }) {
  return (
    <div className="alert" role="alert">
      <h2>{title}</h2>
      <p>{problem.message}</p>
      <div className="alert-actions">{children}</div>
    </div>
  );
}

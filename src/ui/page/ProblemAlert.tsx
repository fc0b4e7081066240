import type { ErrorCode } from '../../errors';
import type { Controller } from '../session/controller';
import type { Problem, Session } from '../session/session';

/** After these the worker or its device is gone, and only loading again helps. */
const LOST: readonly ErrorCode[] = ['device-lost', 'no-webgpu', 'out-of-memory', 'bad-model', 'internal'];

interface Props {
  readonly session: Session;
  readonly controller: Controller;
  /** Where there is a list of other models. */
  readonly onOpenModels?: (() => void) | undefined;
}

/** What went wrong and what can be done, beside everything that is still there. */
export function ProblemAlert({ session, controller, onOpenModels }: Props) {
  const { model, problem, settings } = session;
  switch (model.phase) {
    case 'failed':
      return (
        <Alert title="The model could not be loaded" problem={model.problem}>
          <Again label="Try again" onClick={() => void controller.open()} />
          <WaysOut session={session} controller={controller} onOpenModels={onOpenModels} />
        </Alert>
      );
    case 'stopped':
      return (
        <Alert title="The model has stopped" problem={model.problem}>
          <Again label="Load the model again" onClick={() => void controller.models.load()} />
          <WaysOut session={session} controller={controller} onOpenModels={onOpenModels} />
        </Alert>
      );
    case 'loading':
    case 'cancelled':
    case 'ready':
      if (!problem) return null;
      return (
        <Alert title="The text could not be written" problem={problem}>
          {LOST.includes(problem.code) ? (
            <Again label="Load the model again" onClick={() => void controller.models.load()} />
          ) : null}
          {LOST.includes(problem.code) && settings.backend !== 'wasm' ? (
            <Again label="Continue on the CPU" onClick={() => void controller.goOnWithCpu()} />
          ) : null}
        </Alert>
      );
    default:
      return model satisfies never;
  }
}

function Again({ label, onClick }: { label: string; onClick: () => void }) {
  return (
    <button type="button" className="quiet" onClick={onClick}>
      {label}
    </button>
  );
}

/** Other models and other devices. */
function WaysOut({ session, controller, onOpenModels }: Props) {
  const { model, settings, earlierModel } = session;
  const isNoRoom = model.phase === 'failed' && model.problem.code === 'out-of-memory';
  return (
    <>
      {earlierModel === null ? null : (
        <Again label={`Back to ${earlierModel}`} onClick={() => void controller.models.goBack()} />
      )}
      {isNoRoom ? <Again label="Try half the context" onClick={() => void controller.models.loadShorter()} /> : null}
      {settings.backend === 'webgpu' || (isNoRoom && settings.backend === 'auto') ? (
        <Again label="Use the CPU instead" onClick={() => openOnCpu(controller)} />
      ) : null}
      {onOpenModels && earlierModel === null ? <Again label="Open another model" onClick={onOpenModels} /> : null}
    </>
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

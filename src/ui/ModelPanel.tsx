import type { BackendChoice, ModelInfo } from '../worker/protocol';
import { ChoiceField } from './ChoiceField';
import type { Controller } from './controller';
import { deviceOf, megabytes, millions } from './format';
import type { Session } from './session';

const BACKENDS = [
  { value: 'auto', label: 'Automatic' },
  { value: 'webgpu', label: 'WebGPU' },
  { value: 'wasm', label: 'CPU' },
] as const satisfies readonly { value: BackendChoice; label: string }[];

/** Where the model runs, and what it is. */
export function ModelPanel({ session, controller }: { session: Session; controller: Controller }) {
  const { model, settings } = session;
  const choose = (backend: BackendChoice) => {
    controller.set({ backend });
    void controller.load();
  };
  return (
    <div className="group">
      <h2>Model</h2>
      <ChoiceField label="Runs on" value={settings.backend} choices={BACKENDS} onChange={choose} />
      {model.phase === 'ready' ? <ModelFacts info={model.info} bytes={model.bytes} /> : null}
    </div>
  );
}

function ModelFacts({ info, bytes }: { info: ModelInfo; bytes: number }) {
  return (
    <dl className="facts">
      <dt>Name</dt>
      <dd>{info.name}</dd>
      <dt>Size</dt>
      <dd>
        {millions(info.parameters)} parameters, {info.dtype}
        {bytes > 0 ? `, ${megabytes(bytes)} MB` : ''}
      </dd>
      <dt>Backend</dt>
      <dd data-fact="backend">{deviceOf(info)}</dd>
      <dt>Licence</dt>
      <dd>{info.licence}</dd>
    </dl>
  );
}

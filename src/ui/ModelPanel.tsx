import { memo } from 'react';
import type { BackendChoice, ModelInfo } from '../worker/protocol';
import { ChoiceField } from './ChoiceField';
import type { Controller } from './controller';
import { deviceOf, megabytes, millions } from './format';
import type { ModelState } from './session';

const BACKENDS = [
  { value: 'auto', label: 'Automatic' },
  { value: 'webgpu', label: 'WebGPU' },
  { value: 'wasm', label: 'CPU' },
] as const satisfies readonly { value: BackendChoice; label: string }[];

interface Props {
  readonly model: ModelState;
  readonly backend: BackendChoice;
  readonly controller: Controller;
}

/** Where the model runs, and what it is. */
export const ModelPanel = memo(function ModelPanel({ model, backend, controller }: Props) {
  const choose = (backend: BackendChoice) => {
    controller.set({ backend });
    void controller.load();
  };
  return (
    <div className="group">
      <h2>Model</h2>
      <ChoiceField label="Runs on" value={backend} choices={BACKENDS} onChange={choose} />
      {model.phase === 'ready' ? <ModelFacts info={model.info} bytes={model.bytes} /> : null}
    </div>
  );
});

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

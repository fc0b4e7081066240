import { memo } from 'react';
import type { BackendChoice, ModelInfo } from '../../library/unmask';
import { ChoiceField } from '../fields/ChoiceField';
import { bytes, deviceOf } from '../fields/format';
import { licenceText, sizeText } from '../models/model-texts';
import type { Controller } from '../session/controller';
import type { ModelState } from '../session/session';

const BACKENDS = [
  { value: 'auto', label: 'Automatic' },
  { value: 'webgpu', label: 'WebGPU' },
  { value: 'wasm', label: 'CPU' },
] as const satisfies readonly { value: BackendChoice; label: string }[];

interface Props {
  readonly model: ModelState;
  readonly backend: BackendChoice;
  readonly controller: Controller;
  readonly onOpenModels: () => void;
}

/** Where the model runs, and what it is. */
export const ModelPanel = memo(function ModelPanel({ model, backend, controller, onOpenModels }: Props) {
  const choose = (backend: BackendChoice) => {
    controller.set({ backend });
    void controller.models.load();
  };
  return (
    <div className="group">
      <h2>Model</h2>
      <ChoiceField label="Runs on" value={backend} choices={BACKENDS} onChange={choose} />
      {model.phase === 'ready' ? <Facts info={model.info} /> : null}
      <button type="button" className="quiet" onClick={onOpenModels}>
        Open a model…
      </button>
    </div>
  );
});

function Facts({ info }: { info: ModelInfo }) {
  return (
    <dl className="facts">
      <dt>Name</dt>
      <dd>{info.name}</dd>
      <dt>Size</dt>
      <dd>
        {sizeText(info)}, {bytes(info.totalBytes)}
      </dd>
      <dt>Backend</dt>
      <dd data-fact="backend">{deviceOf(info)}</dd>
      <dt>Licence</dt>
      <dd>{licenceText(info.licence)}</dd>
    </dl>
  );
}

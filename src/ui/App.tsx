import { Compose } from './Compose';
import type { Controller } from './controller';
import { LoadStatus } from './LoadStatus';
import { Masthead } from './Masthead';
import { ModelPanel } from './ModelPanel';
import { ProblemAlert } from './ProblemAlert';
import { SamplingPanel } from './SamplingPanel';
import { SettingsDisclosure } from './SettingsDisclosure';
import { StatusBar } from './StatusBar';
import { StoryView } from './StoryView';
import { useSession } from './use-session';
import { useShortcuts } from './use-shortcuts';

/** The page: the panel first, then the reading column, in the order a keyboard meets them. */
export function App({ controller }: { controller: Controller }) {
  const session = useSession(controller);
  useShortcuts(controller);
  const { model, settings, story } = session;
  return (
    <div className="page">
      <div className="panel">
        <Masthead />
        <Compose session={session} controller={controller} />
        <SettingsDisclosure>
          <SamplingPanel settings={settings} model={model} onChange={(change) => controller.set(change)} />
          <ModelPanel session={session} controller={controller} />
        </SettingsDisclosure>
      </div>
      <main className="reading">
        <div className="column">
          <ProblemAlert session={session} controller={controller} />
          <LoadStatus model={model} onCancel={() => controller.cancelLoad()} onLoad={() => void controller.open()} />
          {story ? <StoryView story={story} confidence={settings.confidence} /> : null}
        </div>
        <StatusBar session={session} controller={controller} />
      </main>
      <p className="visually-hidden" aria-live="polite">
        {session.announced}
      </p>
    </div>
  );
}

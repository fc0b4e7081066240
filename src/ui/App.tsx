import { lazy, Suspense, useCallback, useLayoutEffect, useMemo, useState } from 'react';
import { useStore } from 'zustand';
import type { SiteUpdate } from '../offline/site-update';
import { ChatOffered } from './chat/chat-offered';
import { ModelNotice } from './models/ModelNotice';
import { LoadStatus } from './page/LoadStatus';
import { Masthead } from './page/Masthead';
import { PageEnd, useDialogs } from './page/PageEnd';
import { ProblemAlert } from './page/ProblemAlert';
import { SHORTCUTS } from './page/shortcuts';
import { UpdateNotice } from './page/UpdateNotice';
import { useShortcuts } from './page/use-shortcuts';
import { useView } from './page/use-view';
import { RaceRunner } from './race/race-runner';
import type { Controller } from './session/controller';
import { answers, canContinue, isWriting, traitsOf } from './session/session';
import { useSession } from './session/use-session';
import { ModelPanel } from './settings/ModelPanel';
import { PresetField } from './settings/PresetField';
import { SamplingPanel } from './settings/SamplingPanel';
import { SettingsDisclosure } from './settings/SettingsDisclosure';
import { NOTHING_WAITS, waitingSettings } from './settings/settings-in-run';
import { OpenRun } from './share/OpenRun';
import { ShareNotice } from './share/ShareNotice';
import type { Sharing } from './share/sharing';
import { useFileDrop } from './share/use-file-drop';
import { ContextNote } from './story/ContextNote';
import { StoryView } from './story/StoryView';
import { storyAt } from './timeline/replay';
import { Compose } from './write/Compose';
import { StatusBar } from './write/StatusBar';

const ChatView = lazy(() => import('./chat/ChatView'));
const RaceView = lazy(() => import('./race/RaceView'));
const HowView = lazy(() => import('./how/HowView'));

interface Props {
  readonly controller: Controller;
  readonly sharing: Sharing;
  readonly update: SiteUpdate;
}

/** The page in the view that its address names. What runs goes on while another view is shown. */
export function App({ controller, sharing, update }: Props) {
  const view = useView();
  const [runner] = useState(() => new RaceRunner(controller));
  const chat = useStore(controller.store, answers);
  return (
    <ChatOffered value={chat}>
      <Suspense>
        {view === 'write' ? <WriteView controller={controller} sharing={sharing} update={update} /> : null}
        {view === 'chat' ? <ChatView controller={controller} update={update} /> : null}
        {view === 'race' ? <RaceView runner={runner} controller={controller} update={update} /> : null}
        {view === 'how' ? <HowView update={update} /> : null}
      </Suspense>
    </ChatOffered>
  );
}

/** The panel first, then the reading column, in the order a keyboard meets them. */
function WriteView({ controller, sharing, update }: Props) {
  const session = useSession(controller);
  const { model, settings, story, playhead } = session;
  const dialogs = useDialogs();
  const { openSheet, openModels, choosing } = dialogs;
  useShortcuts(controller, openSheet, SHORTCUTS);
  useLayoutEffect(() => controller.turnTo('write'), [controller]);
  const position = playhead?.position;
  const shown = useMemo(() => (story && position !== undefined ? storyAt(story, position) : story), [story, position]);
  const writing = isWriting(session);
  const waiting = writing && story ? waitingSettings(story, settings, traitsOf(model)) : NOTHING_WAITS;
  const onFile = useCallback((file: File) => void sharing.openFile(file), [sharing]);
  const onFolder = useCallback(
    (folder: FileSystemDirectoryEntry) => void controller.models.openDropped(folder),
    [controller],
  );
  const dropping = useFileDrop({ onFile, onFolder });
  return (
    <div className="page" data-dropping={dropping || undefined}>
      <div className="panel">
        <Masthead view="write" onHelp={openSheet} />
        <Compose
          settings={settings}
          model={model}
          writing={writing}
          waiting={waiting.forText}
          controller={controller}
        />
        <UpdateNotice update={update} />
        <SettingsDisclosure>
          <PresetField settings={settings} model={model} controller={controller} />
          <SamplingPanel settings={settings} model={model} waiting={waiting.forBlock} controller={controller} />
          <ModelPanel model={model} backend={settings.backend} controller={controller} onOpenModels={openModels} />
          <OpenRun sharing={sharing} />
        </SettingsDisclosure>
      </div>
      <main className="reading">
        <div className="column">
          <ProblemAlert session={session} controller={controller} onOpenModels={openModels} />
          <ModelNotice notices={session.notices} controller={controller} />
          <LoadStatus
            session={choosing ? { ...session, fetch: null } : session}
            controller={controller}
            onLoad={() => void controller.open()}
          />
          <ShareNotice sharing={sharing} story={story} model={model} models={controller.models} />
          <ContextNote story={story} model={model} />
          {story && shown ? (
            <StoryView
              story={story}
              shown={shown}
              playing={playhead?.playing ?? false}
              heat={settings.heat}
              edit={session.edit}
              continuable={canContinue(session)}
              controller={controller}
              sharing={sharing}
            />
          ) : null}
        </div>
        <StatusBar session={session} shown={shown} controller={controller} />
      </main>
      <PageEnd session={session} dialogs={dialogs} shortcuts={SHORTCUTS} controller={controller} />
    </div>
  );
}

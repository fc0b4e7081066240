import { lazy, Suspense, useCallback, useLayoutEffect, useMemo } from 'react';
import type { SiteUpdate } from '../../offline/site-update';
import { ModelNotice } from '../models/ModelNotice';
import { UpgradeCard } from '../models/UpgradeCard';
import type { Upgrade } from '../models/upgrade';
import { ElsewhereNote } from '../page/ElsewhereNote';
import { FetchOrCancelled, LoadProgress } from '../page/LoadStatus';
import { Masthead } from '../page/Masthead';
import { PageEnd, useDialogs } from '../page/PageEnd';
import { PageLinks } from '../page/PageLinks';
import { ProblemAlert } from '../page/ProblemAlert';
import { SHORTCUTS } from '../page/shortcuts';
import { UpdateNotice } from '../page/UpdateNotice';
import { useShortcuts } from '../page/use-shortcuts';
import type { Controller } from '../session/controller';
import { canContinue, isBusy, isWriting, traitsOf } from '../session/session';
import { useSession } from '../session/use-session';
import { ModelPanel } from '../settings/ModelPanel';
import { PaceField } from '../settings/PaceField';
import { PresetField } from '../settings/PresetField';
import { SamplingPanel } from '../settings/SamplingPanel';
import { SeeingFields } from '../settings/SeeingFields';
import { SettingsDisclosure } from '../settings/SettingsDisclosure';
import { NOTHING_WAITS, waitingSettings } from '../settings/settings-in-run';
import { OpenRun } from '../share/OpenRun';
import { ShareNotice } from '../share/ShareNotice';
import type { Sharing } from '../share/sharing';
import { useFileDrop } from '../share/use-file-drop';
import { Caption } from '../story/Caption';
import { ContextNote } from '../story/ContextNote';
import { Ending } from '../story/Ending';
import { StoryView } from '../story/StoryView';
import { motionOf } from '../timeline/playhead';
import { storyAt } from '../timeline/replay';
import { useTour } from '../tour/use-tour';
import { Compose } from './Compose';
import { Recording } from './recording/Recording';
import { useRecording } from './recording/use-recording';
import { StatusBar } from './StatusBar';

const Tour = lazy(() => import('../tour/Tour'));

interface Props {
  readonly controller: Controller;
  readonly sharing: Sharing;
  readonly upgrade: Upgrade;
  readonly update: SiteUpdate;
}

/** The panel first, then the reading column, in the order a keyboard meets them. */
export function WriteView({ controller, sharing, upgrade, update }: Props) {
  const session = useSession(controller);
  const { model, settings, inForce, story, playhead } = session;
  const dialogs = useDialogs();
  const { openSheet, openModels, choosing } = dialogs;
  useShortcuts(controller, openSheet, SHORTCUTS);
  useLayoutEffect(() => controller.turnTo('write'), [controller]);
  const position = playhead?.position;
  const shown = useMemo(() => (story && position !== undefined ? storyAt(story, position) : story), [story, position]);
  const writing = isWriting(session);
  const waiting = writing && story ? waitingSettings(story, inForce, traitsOf(model)) : NOTHING_WAITS;
  const isAwaited = story === null && (model.phase === 'loading' || model.phase === 'failed');
  const recording = useRecording(story, isAwaited);
  const tour = useTour(controller, shown, settings.tour === 'new');
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
        <ElsewhereNote session={session} controller={controller} />
        <UpdateNotice update={update} />
        <SettingsDisclosure>
          <div className="group style-and-pace">
            <PresetField settings={settings} model={model} controller={controller} />
            <PaceField pace={settings.pace} controller={controller} />
            <SeeingFields settings={settings} controller={controller} />
          </div>
          <SamplingPanel settings={settings} model={model} waiting={waiting.forBlock} controller={controller} />
          <ModelPanel model={model} backend={settings.backend} controller={controller} onOpenModels={openModels} />
          <OpenRun sharing={sharing} />
        </SettingsDisclosure>
      </div>
      <main className="reading">
        <div className="column">
          <ProblemAlert session={session} controller={controller} onOpenModels={openModels} />
          <ModelNotice notices={session.notices} controller={controller} />
          <FetchOrCancelled
            session={choosing ? { ...session, fetch: null } : session}
            controller={controller}
            onLoad={() => void controller.open()}
          />
          <ShareNotice sharing={sharing} session={session} controller={controller} />
          {recording.recorded ? (
            <Recording
              story={recording.recorded}
              wanted={isAwaited}
              about={model.phase === 'failed' ? 'A recording' : 'A recording, until the model has loaded'}
              onEnd={recording.end}
            />
          ) : null}
          <ContextNote story={story} model={model} />
          {story && shown && !recording.recorded ? (
            <StoryView
              story={story}
              shown={shown}
              motion={motionOf(playhead)}
              heat={settings.heat}
              guesses={settings.guesses}
              edit={session.edit}
              busy={isBusy(session)}
              ending={
                <Ending
                  story={story}
                  heat={settings.heat}
                  continuable={canContinue(session)}
                  another="Another"
                  controller={controller}
                  sharing={sharing}
                />
              }
              caption={<Caption settings={story.settings} isLive={recording.isLive} />}
              controller={controller}
            />
          ) : null}
          <UpgradeCard upgrade={upgrade} />
          <PageLinks onTour={tour.start} />
        </div>
        <StatusBar
          session={session}
          shown={shown}
          controller={controller}
          progress={<LoadProgress session={session} controller={controller} />}
        />
      </main>
      {tour.touring ? (
        <Suspense>
          <Tour onEnd={tour.end} />
        </Suspense>
      ) : null}
      <PageEnd session={session} dialogs={dialogs} shortcuts={SHORTCUTS} controller={controller} />
    </div>
  );
}

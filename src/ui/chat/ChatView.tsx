import { useLayoutEffect, useState } from 'react';
import type { SiteUpdate } from '../../offline/site-update';
import { ModelNotice } from '../models/ModelNotice';
import { ElsewhereNote } from '../page/ElsewhereNote';
import { LoadStatus } from '../page/LoadStatus';
import { Masthead } from '../page/Masthead';
import { PageEnd, useDialogs } from '../page/PageEnd';
import { ProblemAlert } from '../page/ProblemAlert';
import { CHAT_SHORTCUTS } from '../page/shortcuts';
import { UpdateNotice } from '../page/UpdateNotice';
import { useShortcuts } from '../page/use-shortcuts';
import type { Controller } from '../session/controller';
import { answers, isWriting, storyLookedAt, traitsOf } from '../session/session';
import { useSession } from '../session/use-session';
import { ModelPanel } from '../settings/ModelPanel';
import { SamplingPanel } from '../settings/SamplingPanel';
import { SeeingFields } from '../settings/SeeingFields';
import { SettingsDisclosure } from '../settings/SettingsDisclosure';
import { NOTHING_WAITS, waitingSettings } from '../settings/settings-in-run';
import { OpenRun } from '../share/OpenRun';
import { ShareNotice } from '../share/ShareNotice';
import type { Sharing } from '../share/sharing';
import { ContextNote } from '../story/ContextNote';
import type { Story } from '../story/story';
import { StatusBar } from '../write/StatusBar';
import { answerProps } from './Answer';
import { ask, shownTurns } from './conversation';
import { draft } from './draft';
import { EndOfChat } from './EndOfChat';
import { Invitation } from './Invitation';
import { QuestionField } from './QuestionField';
import { SystemField } from './SystemField';
import { Turns } from './Turns';
import './chat.css';

interface Props {
  readonly controller: Controller;
  readonly sharing: Sharing;
  readonly update: SiteUpdate;
}

/** A conversation with the model. */
export default function ChatView({ controller, sharing, update }: Props) {
  const session = useSession(controller);
  const dialogs = useDialogs();
  const { openSheet, openModels, choosing } = dialogs;
  useShortcuts(controller, openSheet, CHAT_SHORTCUTS);
  useLayoutEffect(() => controller.turnTo('chat'), [controller]);
  const { model, settings, inForce } = session;
  const story = session.desk === 'chat' ? session.story : null;
  const lookedAt = session.desk === 'chat' ? storyLookedAt(session) : null;
  const shown = lookedAt && lookedAt.said === null ? answerProps(session, lookedAt).shown : null;
  const writing = story !== null && isWriting(session);
  const waiting = writing ? waitingSettings(story, inForce, traitsOf(model)) : NOTHING_WAITS;
  /** Counts what was asked: each time the field has the focus again. */
  const [asked, setAsked] = useState(0);
  const focusField = () => setAsked((count) => count + 1);
  const say = (question: string) => {
    focusField();
    void controller.converse(ask(story, question, inForce.system));
  };
  return (
    <div className="page">
      <div className="panel">
        <Masthead view="chat" onHelp={openSheet} />
        <UpdateNotice update={update} />
        <SettingsDisclosure>
          <SystemField system={inForce.system} story={story} writing={writing} controller={controller} />
          <SamplingPanel settings={settings} model={model} waiting={waiting.forBlock} controller={controller} />
          <div className="group">
            <SeeingFields settings={settings} controller={controller} />
          </div>
          <ModelPanel model={model} backend={settings.backend} controller={controller} onOpenModels={openModels} />
          <OpenRun sharing={sharing} />
        </SettingsDisclosure>
      </div>
      <main className="reading">
        <div className="column">
          <h2 className="visually-hidden" tabIndex={-1} data-view-heading>
            Chat
          </h2>
          <ProblemAlert session={session} controller={controller} onOpenModels={openModels} />
          <ModelNotice notices={session.notices} controller={controller} />
          <LoadStatus
            session={choosing ? { ...session, fetch: null } : session}
            controller={controller}
            onLoad={() => void controller.models.load()}
          />
          <ShareNotice sharing={sharing} session={{ ...session, story }} controller={controller} />
          {story ? (
            <Turns
              session={session}
              story={story}
              ending={<EndOfChat session={session} story={story} controller={controller} sharing={sharing} />}
              controller={controller}
              onAsked={focusField}
            />
          ) : null}
          <ContextNote story={story} model={model} />
          <Invitation model={model} begun={story !== null} onOpenModels={openModels} />
        </div>
        <StatusBar
          session={{ ...session, story: shown && lookedAt }}
          shown={shown}
          controller={controller}
          about={story && lookedAt !== story ? `Answer ${answerNumber(story, lookedAt)}` : null}
          field={
            <>
              <ElsewhereNote session={session} controller={controller} />
              <QuestionField
                label="Your message"
                submit="Send"
                initial={draft.text}
                focus={asked}
                ready={answers(session)}
                onSubmit={say}
                onType={(text) => {
                  draft.text = text;
                }}
                onStop={writing ? () => controller.stop() : null}
              />
            </>
          }
        />
      </main>
      <PageEnd session={session} dialogs={dialogs} shortcuts={CHAT_SHORTCUTS} controller={controller} />
    </div>
  );
}

/** Which of the answers one is, from 1 on. */
function answerNumber(story: Story, answer: Story | null): number {
  const answers = shownTurns(story).filter(({ role }) => role === 'assistant');
  return answers.findIndex((turn) => turn.answer === answer) + 1;
}

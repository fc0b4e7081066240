import { useLayoutEffect, useMemo, useState } from 'react';
import type { SiteUpdate } from '../../offline/site-update';
import { ModelNotice } from '../models/ModelNotice';
import { LoadStatus } from '../page/LoadStatus';
import { Masthead } from '../page/Masthead';
import { PageEnd, useDialogs } from '../page/PageEnd';
import { ProblemAlert } from '../page/ProblemAlert';
import { CHAT_SHORTCUTS } from '../page/shortcuts';
import { UpdateNotice } from '../page/UpdateNotice';
import { useShortcuts } from '../page/use-shortcuts';
import type { Controller } from '../session/controller';
import { answers, isWriting, traitsOf } from '../session/session';
import { useSession } from '../session/use-session';
import { ModelPanel } from '../settings/ModelPanel';
import { SamplingPanel } from '../settings/SamplingPanel';
import { SettingsDisclosure } from '../settings/SettingsDisclosure';
import { NOTHING_WAITS, waitingSettings } from '../settings/settings-in-run';
import { ContextNote } from '../story/ContextNote';
import { storyAt } from '../timeline/replay';
import { StatusBar } from '../write/StatusBar';
import { ask, turnsOf } from './conversation';
import { QuestionField } from './QuestionField';
import { SystemField } from './SystemField';
import { Turns } from './Turns';
import './chat.css';

interface Props {
  readonly controller: Controller;
  readonly update: SiteUpdate;
}

/** A conversation with the model. */
export default function ChatView({ controller, update }: Props) {
  const session = useSession(controller);
  const dialogs = useDialogs();
  const { openSheet, openModels, choosing } = dialogs;
  useShortcuts(controller, openSheet, CHAT_SHORTCUTS);
  useLayoutEffect(() => controller.turnTo('chat'), [controller]);
  const { model, settings, playhead } = session;
  const story = session.desk === 'chat' ? session.story : null;
  const position = playhead?.position;
  const shown = useMemo(() => (story && position !== undefined ? storyAt(story, position) : story), [story, position]);
  const writing = isWriting(session);
  const waiting = writing && story ? waitingSettings(story, settings, traitsOf(model)) : NOTHING_WAITS;
  const [asked, setAsked] = useState(0);
  const say = (question: string) => {
    setAsked(asked + 1);
    void controller.converse(ask(turnsOf(story), question, settings.system));
  };
  return (
    <div className="page">
      <div className="panel">
        <Masthead view="chat" onHelp={openSheet} />
        <UpdateNotice update={update} />
        <SettingsDisclosure>
          <SystemField settings={settings} story={story} writing={writing} controller={controller} />
          <SamplingPanel settings={settings} model={model} waiting={waiting.forBlock} controller={controller} />
          <ModelPanel model={model} backend={settings.backend} controller={controller} onOpenModels={openModels} />
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
          <ContextNote story={story} model={model} />
          {story && shown ? (
            <Turns session={session} story={story} shown={shown} controller={controller} />
          ) : model.phase === 'ready' ? (
            <Invitation chat={model.info.chat} name={model.info.name} onOpenModels={openModels} />
          ) : null}
        </div>
        <StatusBar
          session={story ? session : { ...session, story: null }}
          shown={shown}
          controller={controller}
          field={
            <QuestionField
              key={asked}
              label="Your message"
              submit="Send"
              focused={asked > 0}
              ready={answers(session)}
              onSubmit={say}
              onStop={writing ? () => controller.stop() : null}
            />
          }
        />
      </main>
      <PageEnd session={session} dialogs={dialogs} shortcuts={CHAT_SHORTCUTS} controller={controller} />
    </div>
  );
}

interface InvitationProps {
  readonly chat: boolean;
  readonly name: string;
  readonly onOpenModels: () => void;
}

/** What is said before the first question. */
function Invitation({ chat, name, onOpenModels }: InvitationProps) {
  if (chat) return <p className="invitation">Ask {name} something. The answer comes out of noise, block by block.</p>;
  return (
    <div className="invitation">
      <p>{name} was not trained on conversations: it goes on from text. Open a model that has a chat template.</p>
      <button type="button" className="quiet" onClick={onOpenModels}>
        Open a model to chat with…
      </button>
    </div>
  );
}

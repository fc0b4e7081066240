import { lazy, Suspense, useCallback, useState } from 'react';
import { useStore } from 'zustand';
import type { SiteUpdate } from '../offline/site-update';
import { ChatOffered } from './chat/chat-offered';
import { OpenGlossary } from './glossary/glossary-context';
import type { TermId } from './glossary/terms';
import type { Upgrade } from './models/upgrade';
import { useView } from './page/use-view';
import { RaceRunner } from './race/race-runner';
import { ReadRunner } from './read/read-runner';
import type { Controller } from './session/controller';
import { answers, hasConversation } from './session/session';
import type { Sharing } from './share/sharing';
import { WriteView } from './write/WriteView';

const ChatView = lazy(() => import('./chat/ChatView'));
const RaceView = lazy(() => import('./race/RaceView'));
const Glossary = lazy(() => import('./glossary/Glossary'));
const ReadView = lazy(() => import('./read/ReadView'));
const HowView = lazy(() => import('./how/HowView'));

interface Props {
  readonly controller: Controller;
  readonly sharing: Sharing;
  readonly upgrade: Upgrade;
  readonly update: SiteUpdate;
}

/** The page in the view that its address names. What runs goes on while another view is shown. */
export function App({ controller, sharing, upgrade, update }: Props) {
  const view = useView();
  const [runner] = useState(() => new RaceRunner(controller));
  const [reader] = useState(() => new ReadRunner(controller));
  const chat = useStore(controller.store, (session) => answers(session) || hasConversation(session));
  const [term, setTerm] = useState<TermId | 'first' | null>(null);
  const openGlossary = useCallback((term: TermId | null) => setTerm(term ?? 'first'), []);
  return (
    <OpenGlossary value={openGlossary}>
      <ChatOffered value={chat}>
        <Suspense>
          {view === 'write' ? (
            <WriteView controller={controller} sharing={sharing} upgrade={upgrade} update={update} />
          ) : null}
          {view === 'chat' ? <ChatView controller={controller} sharing={sharing} update={update} /> : null}
          {view === 'race' ? <RaceView runner={runner} controller={controller} update={update} /> : null}
          {view === 'read' ? <ReadView runner={reader} controller={controller} update={update} /> : null}
          {view === 'how' ? <HowView update={update} /> : null}
        </Suspense>
        {term ? (
          <Suspense>
            <Glossary term={term === 'first' ? null : term} onClose={() => setTerm(null)} />
          </Suspense>
        ) : null}
      </ChatOffered>
    </OpenGlossary>
  );
}

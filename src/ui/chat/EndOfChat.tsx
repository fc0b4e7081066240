import type { Controller } from '../session/controller';
import { answers, canContinue, type Session } from '../session/session';
import type { Sharing } from '../share/sharing';
import { Ending } from '../story/Ending';
import type { Story } from '../story/story';

interface Props {
  readonly session: Session;
  readonly story: Story;
  readonly controller: Controller;
  readonly sharing: Sharing;
}

/** What can be done with the last answer. A model that cannot answer can still show and share it. */
export function EndOfChat({ session, story, controller, sharing }: Props) {
  const { model } = session;
  const isWriterHere = model.phase === 'ready' && model.info.digest === story.provenance?.model.digest;
  return (
    <Ending
      story={story}
      heat={session.settings.heat}
      continuable={canContinue(session)}
      another={answers(session) ? 'Another answer' : null}
      again={story.said && isWriterHere && answers(session) ? () => controller.answerAgain() : null}
      controller={controller}
      sharing={sharing}
    />
  );
}

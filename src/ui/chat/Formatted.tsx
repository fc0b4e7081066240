import { lazy, Suspense } from 'react';
import { withoutThought } from './conversation';

const Markdown = lazy(() => import('./Markdown'));

/** What the model said, as Markdown; what it thought before is folded. */
export function Formatted({ text }: { text: string }) {
  const { thought, answer } = withoutThought(text);
  return (
    <div className="formatted">
      {thought === null ? null : (
        <details className="thought" open={answer === ''}>
          <summary>{answer === '' ? 'What it thought; it did not get to an answer' : 'What it thought'}</summary>
          <Suspense fallback={<p className="said">{thought}</p>}>
            <Markdown text={thought} />
          </Suspense>
        </details>
      )}
      <Suspense fallback={<p className="said">{answer}</p>}>
        <Markdown text={answer} />
      </Suspense>
    </div>
  );
}

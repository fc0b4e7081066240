import { useEffect } from 'react';
import type { SiteUpdate } from '../../offline/site-update';
import { Term } from '../glossary/Term';
import { Masthead } from '../page/Masthead';
import { UpdateNotice } from '../page/UpdateNotice';
import { MaskFigure } from './MaskFigure';
import { NoiseFigure } from './NoiseFigure';
import { Origin } from './Origin';
import { PassesFigure } from './PassesFigure';
import { PoliciesFigure } from './PoliciesFigure';
import { PriceFigure } from './PriceFigure';
import { Sources } from './Sources';
import './how.css';

const SECTIONS = [
  { id: 'how-noise', title: 'Into noise, and back' },
  { id: 'how-mask', title: 'Who may look at whom' },
  { id: 'how-passes', title: 'Passes take time, tokens do not' },
  { id: 'how-order', title: 'Which tokens come first' },
  { id: 'how-price', title: 'What speed costs' },
  { id: 'how-origin', title: 'Where the model comes from' },
  { id: 'how-sources', title: 'Sources' },
] as const;

type SectionId = (typeof SECTIONS)[number]['id'];

/** Block diffusion in plain words, with figures to play with. */
export default function HowView({ update }: { update: SiteUpdate }) {
  // An address may name a section, and the browser looked for it before this code was there.
  useEffect(() => document.getElementById(location.hash.slice(1))?.scrollIntoView(), []);
  return (
    <div className="page">
      <div className="panel">
        <Masthead view="how" />
        <nav className="contents" aria-label="On this page">
          <ol>
            {SECTIONS.map(({ id, title }) => (
              <li key={id}>
                <a href={`#${id}`}>{title}</a>
              </li>
            ))}
          </ol>
        </nav>
        <UpdateNotice update={update} />
      </div>
      <main className="reading">
        <article className="how">
          <h2 tabIndex={-1} data-view-heading>
            How it works
          </h2>
          <p className="lead">
            A language model writes in{' '}
            <em>
              <Term id="token">tokens</Term>
            </em>
            : words, or pieces of words. Most models write one token after another, and run the whole network for each.
            Such a run is a{' '}
            <em>
              <Term id="pass">pass</Term>
            </em>
            .
          </p>
          <p className="lead">
            <em>Block diffusion</em> writes a block of tokens at once. All of them begin as <Term id="mask">masks</Term>
            , and each pass uncovers some, wherever they are. A finished block stays as it is and the next one follows
            it, so a text may be of any length.
          </p>
          <Section id="how-noise">
            <p>
              The model learned by guessing. Again and again a share <em>t</em> of a block’s tokens was masked at
              random, and the network had to say what they were from what was left. That is all of its training. To
              write is to go the other way: begin at <em>t</em> = 1, where all is masked, and let the network guess
              until nothing is.
            </p>
            <NoiseFigure />
          </Section>
          <Section id="how-mask">
            <p>
              Inside the network tokens look at each other to find out what they mean; this is called{' '}
              <Term id="attention">attention</Term>. Which of them may look at which is fixed by a table. Here a token
              sees all blocks before its own, and its own block in both directions, for what is uncovered there last may
              well stand first. It never sees what is yet to come, so a finished block is worked out once, and what
              later blocks need of it is kept.
            </p>
            <MaskFigure />
          </Section>
          <Section id="how-passes">
            <p>
              A pass needs every one of the model’s weights, the numbers it consists of. On a GPU it is reading these
              from memory that takes the time, not computing with them, and it takes about as long for sixteen tokens as
              for one. So fewer passes are faster. (On a CPU it is the computing that counts, and a pass over a large
              block takes longer than one over a small one.)
            </p>
            <PassesFigure />
            <p>
              What this comes to on your device, the <a href="#race">race</a> shows.
            </p>
          </Section>
          <Section id="how-order">
            <p>
              The network guesses every masked token in a pass. Which of these guesses stay is up to a <em>policy</em>,
              and it decides how many passes a block takes. Here are four of them on the same block:
            </p>
            <PoliciesFigure />
          </Section>
          <Section id="how-price">
            <p>
              Tokens that are uncovered in one pass cannot see each other. Each may be a good guess, and together they
              say “in a a village”. The fewer the steps, the more of that:
            </p>
            <PriceFigure />
          </Section>
          <Section id="how-origin">
            <Origin />
          </Section>
          <Section id="how-sources">
            <Sources />
          </Section>
        </article>
      </main>
    </div>
  );
}

function Section({ id, children }: { id: SectionId; children: React.ReactNode }) {
  return (
    <section id={id} aria-labelledby={`${id}-title`}>
      <h3 id={`${id}-title`}>{SECTIONS.find((section) => section.id === id)?.title}</h3>
      {children}
    </section>
  );
}

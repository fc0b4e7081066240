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
  { id: 'how-mask', title: 'What each token can see' },
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
          <h2 className="view-title" tabIndex={-1} data-view-heading>
            How it works
          </h2>
          <p className="lead">
            A language model writes in{' '}
            <em>
              <Term id="token">tokens</Term>
            </em>
            : words, or pieces of words. Most models write one token after another, and run the whole network for each
            one. One such run is a{' '}
            <em>
              <Term id="pass">pass</Term>
            </em>
            .
          </p>
          <p className="lead">
            <em>Block diffusion</em> writes a block of tokens at once. All of them start out{' '}
            <Term id="mask">masked</Term>, and each pass uncovers a few, wherever they may be. A finished block stays as
            it is and the next one follows, so a text can be any length.
          </p>
          <Section id="how-noise">
            <p>
              The model learned by guessing. Over and over, a share <em>t</em> of a block’s tokens was masked at random,
              and the network had to work out what they were from the rest. That is all there is to its training.
              Writing goes the other way: start at <em>t</em> = 1, with everything masked, and let the network guess
              until nothing is.
            </p>
            <NoiseFigure />
          </Section>
          <Section id="how-mask">
            <p>
              Inside the network, tokens look at each other to work out what they mean; this is called{' '}
              <Term id="attention">attention</Term>. A table decides which may look at which. Here a token sees every
              earlier block, and its own block in both directions, because the word that is uncovered last may well come
              first. It never sees later blocks, so a finished block is computed once, and what later blocks need from
              it is stored.
            </p>
            <MaskFigure />
          </Section>
          <Section id="how-passes">
            <p>
              A pass uses every one of the model’s weights, the numbers it is made of. On a GPU, most of the time goes
              into reading them from memory rather than computing with them, so a pass takes about as long for sixteen
              tokens as for one, and fewer passes mean a faster text. (On a CPU the arithmetic is the slow part, and a
              pass over a large block takes longer than one over a small block.)
            </p>
            <PassesFigure />
            <p>
              The <a href="#race">race</a> shows what this means on your device.
            </p>
          </Section>
          <Section id="how-order">
            <p>
              In each pass, the network guesses every masked token. A{' '}
              <Term id="policy">
                <em>policy</em>
              </Term>{' '}
              decides which of these guesses stay, and so how many passes a block takes. Here are four of them on the
              same block:
            </p>
            <PoliciesFigure />
          </Section>
          <Section id="how-price">
            <p>
              Tokens uncovered in the same pass cannot see each other. Each may be a good guess on its own, yet together
              they can say “in a a village”. The fewer the steps, the more often this happens:
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

import { storyLookedAt } from '../session/session';
import type { Writer, WriterPage } from '../session/writer';
import { generateSettings } from '../settings/settings';
import type { Story } from '../story/story';
import { type Edit, storyFromEdit, typeOver } from './editing';

/** Edits a block of the text on screen, or of an earlier answer of its conversation, and has the rest written. */
export class Editor {
  readonly #page: WriterPage;
  readonly #writer: Writer;

  constructor(page: WriterPage, writer: Writer) {
    this.#page = page;
    this.#writer = writer;
  }

  begin(story: Story, edit: Edit): void {
    this.#page.dispatch({ type: 'edit-begun', story, edit });
  }

  /** Selects, pins or masks tokens of the block; null leaves it as it was. */
  change(edit: Edit | null): void {
    this.#page.dispatch({ type: 'edited', edit });
  }

  /** Types over what is selected. A sentence where that cannot be. */
  async typeOver(text: string): Promise<string | null> {
    const { session, client } = this.#page;
    const { edit } = session;
    if (!edit || !client) return null;
    const typed = await client.tokenize(text);
    const next = typeOver(edit, typed);
    if (typeof next === 'string') return next;
    if (typed.length > 0) this.change(next);
    return null;
  }

  /** Writes the text again from the block that is edited on, around what is kept of that. */
  async write(): Promise<void> {
    const { edit } = this.#page.session;
    const story = storyLookedAt(this.#page.session);
    if (!story || !edit) return;
    this.#writer.drawSeed();
    const info = this.#writer.prepare();
    if (!info) return;
    const { inForce } = this.#page.session;
    const next = storyFromEdit(story, edit, generateSettings({ ...inForce, blockSize: edit.blockSize }, info));
    if (next.phase === 'finished') {
      this.#page.dispatch({ type: 'writing-started', story: next, inForce });
      return;
    }
    const writing = this.#writer.write(next, inForce);
    // The block keeps its size; the next has the page's.
    this.#writer.change();
    await writing;
  }
}

import { compiler, type MarkdownToJSX } from 'markdown-to-jsx/react';
import { Fragment, isValidElement, memo, type ReactNode } from 'react';
import { CopyButton } from '../fields/CopyButton';
import { OutsideLink } from '../fields/OutsideLink';

/** Markdown of a model: HTML in it is text, and pictures are links, since nothing is to be fetched for it. */
export default memo(function Markdown({ text }: { text: string }) {
  return <div className="markdown">{compiler(text, OPTIONS)}</div>;
});

const OPTIONS: MarkdownToJSX.Options = {
  disableParsingRawHTML: true,
  forceBlock: true,
  wrapper: Fragment,
  overrides: {
    a: ({ href, children }: { href?: string; children: ReactNode }) =>
      href ? <OutsideLink href={href}>{children}</OutsideLink> : children,
    img: ({ src, alt }: { src?: string; alt?: string }) =>
      src ? <OutsideLink href={src}>{alt || src}</OutsideLink> : alt,
    pre: CodeBlock,
    // The page has headings of its own above these.
    h1: heading('h4'),
    h2: heading('h5'),
    h3: heading('h6'),
    h4: heading('h6'),
    h5: heading('h6'),
    h6: heading('h6'),
  },
};

function heading(Tag: 'h4' | 'h5' | 'h6') {
  return ({ children }: { children: ReactNode }) => <Tag>{children}</Tag>;
}

function CodeBlock({ children }: { children: ReactNode }) {
  return (
    <div className="code-block">
      <CopyButton label="Copy code" text={textOf(children)} />
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: code that is too wide scrolls */}
      <pre tabIndex={0}>{children}</pre>
    </div>
  );
}

function textOf(node: ReactNode): string {
  if (typeof node === 'string' || typeof node === 'number') return String(node);
  if (Array.isArray(node)) return node.map(textOf).join('');
  return isValidElement<{ children?: ReactNode }>(node) ? textOf(node.props.children) : '';
}

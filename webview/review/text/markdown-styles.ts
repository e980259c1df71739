import { css } from 'lit';

/** How Markdown and maths look in lines of text (`.block`), which may be indented by `--indent`. */
export const markdownStyles = css`
  /* The signs stay, and stand back. */
  .sign {
    color: var(--muted);
    font-weight: normal;
    font-style: normal;
    font-size: 0.8em;
  }
  .strong,
  .heading,
  .head {
    font-weight: 700;
  }
  .em {
    font-style: italic;
  }
  .struck {
    text-decoration: line-through;
  }
  .bullet {
    color: var(--muted);
    font-weight: 700;
  }
  .heading-1 {
    font-size: 1.35em;
  }
  .heading-2 {
    font-size: 1.2em;
  }
  .heading-3 {
    font-size: 1.1em;
  }
  .item {
    padding-left: calc(var(--indent) + 1.4em);
    text-indent: -1.2em;
  }
  .quoted {
    border-left: 3px solid var(--vscode-textBlockQuote-border, var(--border));
    background-color: var(--vscode-textBlockQuote-background, transparent);
  }
  .code,
  .fenced {
    font-family: var(--vscode-editor-font-family, monospace);
  }
  .code {
    background: var(--vscode-textCodeBlock-background, transparent);
    font-size: 0.95em;
  }
  .fenced {
    background-color: var(--vscode-textCodeBlock-background, transparent);
  }
  .rule {
    border-bottom: 1px solid var(--border);
  }
  .row {
    display: grid;
    grid-template-columns: repeat(var(--cells), minmax(0, 1fr));
    gap: 0 8px;
    border-bottom: 1px solid var(--border);
  }
  /* The source of a formula is there for the caret and for search, and its drawing is what is seen. */
  .block span.maths {
    border: 0;
    padding: 0;
    font-size: 0;
    white-space: normal;
  }
  tex-maths {
    line-height: normal;
    user-select: none;
  }
  tex-maths:not([drawn]) {
    font-family: var(--vscode-editor-font-family, monospace);
    text-decoration: underline dotted;
  }
  tex-maths[display] {
    display: block;
    width: max-content;
    margin: 0.3em auto;
  }
`;

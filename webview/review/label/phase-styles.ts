import { css, unsafeCSS } from 'lit';
import type { Phase } from '../../../src/domain/phase.ts';

/** What is seen of a phase. */
export type DrawnPhase = Pick<Phase, 'name' | 'colour'>;

/** Gives everything within `element` the schema's colours. */
export function colourPhases(element: HTMLElement, phases: readonly DrawnPhase[]): void {
  phases.forEach(({ colour }, index) =>
    element.style.setProperty(`--phase-${index + 1}`, `var(--vscode-charts-${colour})`),
  );
}

/** Line and slant of each phase in turn: a pattern for those who do not see the colour. */
const looks = [
  ['solid', '0deg'],
  ['dashed', '45deg'],
  ['double', '90deg'],
  ['dotted', '135deg'],
  ['solid', '60deg'],
  ['dashed', '0deg'],
  ['double', '45deg'],
  ['dotted', '90deg'],
  ['solid', '135deg'],
].map(
  ([line, slant], index) =>
    `.phase-${index + 1} { --phase: var(--phase-${index + 1}); --line: ${line}; --slant: ${slant}; }`,
);

/** How each phase looks. `colourPhases` says in which colours. */
export const phaseStyles = css`
  ${unsafeCSS(looks.join('\n'))}
  .filled {
    border: 1px solid var(--phase);
    background: repeating-linear-gradient(
      var(--slant),
      color-mix(in srgb, var(--phase) 30%, transparent) 0 2px,
      color-mix(in srgb, var(--phase) 12%, transparent) 2px 5px
    );
  }
`;

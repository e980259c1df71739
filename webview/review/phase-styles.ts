import { css } from 'lit';

/** How each phase looks: a colour, and a pattern for those who do not see the colour. */
export const phaseStyles = css`
  .phase-1 {
    --phase: var(--phase-1);
    --line: solid;
    --slant: 0deg;
  }
  .phase-2 {
    --phase: var(--phase-2);
    --line: dashed;
    --slant: 45deg;
  }
  .phase-3 {
    --phase: var(--phase-3);
    --line: double;
    --slant: 90deg;
  }
  .filled {
    border: 1px solid var(--phase);
    background: repeating-linear-gradient(
      var(--slant),
      color-mix(in srgb, var(--phase) 30%, transparent) 0 2px,
      color-mix(in srgb, var(--phase) 12%, transparent) 2px 5px
    );
  }
`;

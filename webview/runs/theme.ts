/** The editor's chart colours as the canvas needs them: read when drawing, and again when the theme changes. */

const names = ['blue', 'yellow', 'green', 'purple', 'red', 'orange'] as const;

/** Dashes tell curves apart without colour; the first is solid. */
const dashes = [[], [6, 3], [2, 3], [8, 3, 2, 3], [12, 4]];

export interface Palette {
  curves: string[];
  text: string;
  grid: string;
  font: string;
}

export function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string, fallback: string): string => style.getPropertyValue(name).trim() || fallback;
  const text = colour('--vscode-foreground', 'gray');
  return {
    curves: names.map((name) => colour(`--vscode-charts-${name}`, text)),
    text: colour('--vscode-descriptionForeground', text),
    grid: colour('--vscode-charts-lines', text),
    font: `11px ${colour('--vscode-font-family', 'sans-serif')}`,
  };
}

/** Colour and dash of curve `metric` of run `run`: by metric when one run is shown, by run when several are. */
export function strokeOf(
  palette: Palette,
  run: number,
  metric: number,
  runs: number,
): { stroke: string; dash: number[] } {
  const [hue, pattern] = runs > 1 ? [run, metric] : [metric, metric];
  return { stroke: palette.curves[hue % palette.curves.length], dash: dashes[pattern % dashes.length] };
}

/** Calls `listener` when the editor's theme changes, until the returned function is called. */
export function onThemeChange(listener: () => void): () => void {
  const observer = new MutationObserver(listener);
  observer.observe(document.body, { attributes: true, attributeFilter: ['class', 'data-vscode-theme-id'] });
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['style'] });
  return () => observer.disconnect();
}

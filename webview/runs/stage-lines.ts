/** Where the stages of a curriculum begin, drawn into a chart. */
import uPlot from 'uplot';
import type { StageMark } from './series.ts';
import { readPalette, strokeOf } from './theme.ts';

export interface RunMark extends StageMark {
  runIndex: number;
}

/** A dashed line where each stage begins; with its name when one run is shown, in the run's colour when several are. */
export function drawStages(plot: uPlot, marks: readonly RunMark[], runs: number): void {
  const { ctx, bbox } = plot;
  const palette = readPalette();
  const ratio = uPlot.pxRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.lineWidth = ratio;
  ctx.setLineDash([4 * ratio, 4 * ratio]);
  ctx.font = palette.font.replace(/^\d+/, (size) => String(Number(size) * ratio));
  ctx.textBaseline = 'top';
  ctx.fillStyle = palette.text;
  for (const { x, stage, runIndex } of marks) {
    const left = Math.max(plot.valToPos(x, 'x', true), bbox.left);
    ctx.strokeStyle = runs > 1 ? strokeOf(palette, runIndex, 0, runs).stroke : palette.text;
    ctx.beginPath();
    ctx.moveTo(left, bbox.top);
    ctx.lineTo(left, bbox.top + bbox.height);
    ctx.stroke();
    if (runs === 1) ctx.fillText(stage, left + 3 * ratio, bbox.top + ratio);
  }
  ctx.restore();
}

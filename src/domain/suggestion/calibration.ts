/** How far stated probabilities are from how often they are right. */

/** A probability that was stated, and whether what it spoke of came true. */
export interface Prediction {
  score: number;
  right: boolean;
}

/** Predictions whose scores fall between two tenths. */
export interface CalibrationBin {
  count: number;
  meanScore: number;
  /** Share that came true. */
  right: number;
}

/** Ten bins of equal width, without the empty ones, in order. */
export function calibrationBins(predictions: readonly Prediction[]): CalibrationBin[] {
  const bins = Map.groupBy(predictions, ({ score }) => Math.min(Math.floor(10 * score), 9));
  return [...bins.entries()]
    .sort(([a], [b]) => a - b)
    .map(([, held]) => ({
      count: held.length,
      meanScore: held.reduce((sum, { score }) => sum + score, 0) / held.length,
      right: held.filter(({ right }) => right).length / held.length,
    }));
}

/** Expected calibration error: the bins' gaps between score and share, weighed by their counts (Naeini et al. 2015). NaN of nothing. */
export function calibrationError(predictions: readonly Prediction[]): number {
  const gaps = calibrationBins(predictions).map(({ count, meanScore, right }) => count * Math.abs(meanScore - right));
  return gaps.reduce((sum, gap) => sum + gap, 0) / predictions.length;
}

/** Times a reasoning text speaks of: "0:03", "1:02.5", "at 3 s", "3.5 seconds", "second 3". */

export interface TimeMention {
  /** [start, end) in UTF-16 units. */
  start: number;
  end: number;
  seconds: number;
}

const pattern =
  /(?<![\d:.])(?:(?<hours>\d{1,2}):)?(?<minutes>\d{1,2}):(?<clock>[0-5]\d(?:\.\d+)?)(?!:?\d)|\bseconds? (?<ordinal>\d+(?:\.\d+)?)\b|(?<![\d:.])(?<plain>\d+(?:\.\d+)?) ?(?:s|sec|secs|seconds?)\b/giu;

/** All time mentions in `text`, in order, not overlapping. */
export function timeMentions(text: string): TimeMention[] {
  return [...text.matchAll(pattern)].map((match) => {
    const { hours, minutes, clock, ordinal, plain } = match.groups!;
    const seconds =
      clock === undefined ? Number(ordinal ?? plain) : Number(hours ?? 0) * 3600 + Number(minutes) * 60 + Number(clock);
    return { start: match.index, end: match.index + match[0].length, seconds };
  });
}

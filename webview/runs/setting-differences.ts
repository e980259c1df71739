/** A run's settings as the page is told them: name and value as text. */
type Settings = readonly (readonly [name: string, value: string])[];

/** What is shown of a run that has no such setting. */
const absent = '–';

/** The settings in which runs differ, in their order, each with its value of every run. Pure. */
export function settingDifferences(runs: readonly Settings[]): { name: string; values: string[] }[] {
  const settings = runs.map((one) => new Map(one));
  const names = [...new Set(settings.flatMap((one) => [...one.keys()]))];
  return names
    .map((name) => ({ name, values: settings.map((one) => one.get(name) ?? absent) }))
    .filter(({ values }) => new Set(values).size > 1);
}

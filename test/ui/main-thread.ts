/** What the main thread of a page does, by Chromium's own trace. */
import type { Frame } from 'playwright-core';

/** Milliseconds of the processor's time: of the main thread's tasks, what in them each kind of work took by itself, and of the threads that draw. */
export interface MainThread {
  tasks: number;
  script: number;
  style: number;
  layout: number;
  paint: number;
  raster: number;
}

interface TraceEvent {
  name: string;
  pid: number;
  tid: number;
  ph: string;
  /** Microseconds by the clock, when it began. */
  ts: number;
  /** Microseconds by the clock, and of the thread. */
  dur?: number;
  tdur?: number;
  args: { data?: { message?: string } };
}

const kinds: Record<string, keyof MainThread> = {
  ...{ FunctionCall: 'script', EvaluateScript: 'script', RunMicrotasks: 'script', FireAnimationFrame: 'script' },
  ...{ EventDispatch: 'script', 'v8.callFunction': 'script', MinorGC: 'script', MajorGC: 'script' },
  ...{ UpdateLayoutTree: 'style', RecalculateStyles: 'style', InvalidateLayout: 'layout', Layout: 'layout' },
  ...{ PrePaint: 'paint', Paint: 'paint', Layerize: 'paint', UpdateLayerTree: 'paint', Commit: 'paint' },
};

const between = 'rollout-lab: measured';

/** Traces the browser while `during` goes on in the page. */
export async function mainThread(frame: Frame, during: () => Promise<void>): Promise<MainThread> {
  const devtools = await frame.page().context().newCDPSession(frame.page());
  const events: TraceEvent[] = [];
  devtools.on('Tracing.dataCollected', ({ value }) => events.push(...(value as unknown as TraceEvent[])));
  const mark = (): Promise<void> => frame.evaluate((name) => console.timeStamp(name), between);
  const includedCategories = ['devtools.timeline', 'disabled-by-default-devtools.timeline'];
  await devtools.send('Tracing.start', { traceConfig: { includedCategories } });
  await mark();
  await during();
  await mark();
  const complete = new Promise((resolve) => devtools.once('Tracing.tracingComplete', resolve));
  await devtools.send('Tracing.end');
  await complete;
  await devtools.detach();
  return timesIn(events);
}

function timesIn(events: readonly TraceEvent[]): MainThread {
  const [start, end] = events.filter(({ name, args }) => name === 'TimeStamp' && args.data?.message === between);
  const inTime = events
    .filter(({ ph, ts }) => ph === 'X' && ts >= start.ts && ts <= end.ts)
    .sort((a, b) => a.ts - b.ts || b.dur! - a.dur!);
  const times: MainThread = { tasks: 0, script: 0, style: 0, layout: 0, paint: 0, raster: 0 };
  const open: { kind: keyof MainThread | undefined; until: number }[] = [];
  for (const { name, pid, tid, ts, dur = 0, tdur = dur } of inTime) {
    const ms = tdur / 1000;
    if (name === 'RasterTask') times.raster += ms;
    if (pid !== start.pid || tid !== start.tid) continue;
    while (open.length > 0 && open.at(-1)!.until <= ts) open.pop();
    const kind = name === 'RunTask' ? 'tasks' : kinds[name];
    if (kind === undefined) continue;
    times[kind] += ms;
    const around = open.at(-1)?.kind;
    // What is done within something else is not that one's own.
    if (around !== undefined && around !== 'tasks') times[around] -= ms;
    open.push({ kind, until: ts + dur });
  }
  return times;
}

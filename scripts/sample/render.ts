/** Pictures and sound of a scene at any size, frame rate and sample rate; the same input gives the same bytes. */
import type { Appearance, Colour, Form, Scene, Tone } from './scene.ts';

export interface FrameSize {
  width: number;
  height: number;
}

export const paint: Record<Colour, readonly [number, number, number]> = {
  red: [228, 60, 52],
  green: [48, 190, 88],
  blue: [62, 108, 240],
  yellow: [246, 208, 60],
};
/** In Hz. */
export const pitch: Record<Tone, number> = { low: 330, mid: 880, high: 2200 };
/** Half a shape's size, in units of the frame's shorter side. */
const radius = 0.24;
/** Seconds a shape needs to slide in from the edge, and out again. */
const entering = 0.2;
const leaving = 0.15;

/** RGB frames (rows from the top, 3 bytes a pixel), one after the other, frame i at second i / fps. */
export function renderFrames(scene: Scene, { width, height }: FrameSize, fps: number): Uint8Array[] {
  const backdrop = gradient(width, height);
  return Array.from({ length: Math.round(scene.seconds * fps) }, (_, i) => {
    const at = i / fps;
    const frame = backdrop.slice();
    const shape = scene.shapes.find(({ start, end }) => start <= at && at < end);
    if (shape) drawShape(frame, width, height, shape, at - shape.start);
    return frame;
  });
}

/** The scene's sound: mono samples in [-1, 1] at `rate` Hz. */
export function renderSound(scene: Scene, rate: number): Float32Array {
  const samples = new Float32Array(Math.round(scene.seconds * rate));
  for (const { tone, start, end } of scene.sounds) {
    const first = Math.round(start * rate);
    const count = Math.round(end * rate) - first;
    const step = (2 * Math.PI * pitch[tone]) / rate;
    for (let i = 0; i < count; i += 1) {
      const envelope = Math.min(1, i / (0.015 * rate), (count - i) / (0.04 * rate));
      const sine = Math.sin(step * i);
      // The third harmonic by sin 3x = 3 sin x − 4 sin³ x.
      samples[first + i] = 0.3 * envelope * (sine + 0.12 * (3 * sine - 4 * sine * sine * sine));
    }
  }
  return samples;
}

function gradient(width: number, height: number): Uint8Array {
  const frame = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y += 1) {
    const light = Math.round(14 + (14 * y) / height);
    for (let x = 0; x < width; x += 1) frame.set([light, light, light + 6], (y * width + x) * 3);
  }
  return frame;
}

function drawShape(frame: Uint8Array, width: number, height: number, shape: Appearance, since: number): void {
  const size = radius * Math.min(width, height);
  const place = placeOf(shape, since, size / width);
  const [cx, cy] = [place.x * width, place.y * height];
  const [red, green, blue] = paint[shape.colour];
  const [left, right] = [Math.max(0, Math.floor(cx - size - 1)), Math.min(width - 1, Math.ceil(cx + size + 1))];
  const [top, bottom] = [Math.max(0, Math.floor(cy - size - 1)), Math.min(height - 1, Math.ceil(cy + size + 1))];
  for (let y = top; y <= bottom; y += 1) {
    for (let x = left; x <= right; x += 1) {
      const inside = 0.5 - distance(shape.form, x + 0.5 - cx, y + 0.5 - cy, size);
      if (inside <= 0) continue;
      const cover = Math.min(1, inside);
      const at = (y * width + x) * 3;
      frame[at] += Math.round((red - frame[at]) * cover);
      frame[at + 1] += Math.round((green - frame[at + 1]) * cover);
      frame[at + 2] += Math.round((blue - frame[at + 2]) * cover);
    }
  }
}

/** Signed distance in pixels from (x, y) to the edge of a form of half-size `size` around (0, 0); negative inside. */
function distance(form: Form, x: number, y: number, size: number): number {
  switch (form) {
    case 'circle':
      return Math.hypot(x, y) - size;
    case 'square':
      return Math.max(Math.abs(x), Math.abs(y)) - size * 0.88;
    case 'triangle':
      return Math.max(y - size * 0.8, Math.abs(x) * 0.894 - (y + size) * 0.447);
  }
}

/**
 * Where the shape's centre is `since` seconds after it entered: in from the nearer side, through its waypoints, out again. Half of it is seen
 * from the first moment, so that the picture at its start shows it.
 */
function placeOf({ path, start, end }: Appearance, since: number, margin: number): { x: number; y: number } {
  const stay = end - start;
  const [first, last] = [path[0], path[path.length - 1]];
  const outside = (x: number): number => (x < 0.5 ? -margin : 1 + margin);
  const knots = [
    { at: 0, x: Math.round(first.x), y: first.y },
    { at: entering, ...first },
    ...path.slice(1).map((waypoint, k) => ({ at: k + 1.5, ...waypoint })),
    { at: stay - leaving, ...last },
    { at: stay, x: outside(last.x), y: last.y },
  ];
  const next = Math.max(
    1,
    knots.findIndex(({ at }) => at > since),
  );
  const [from, to] = [knots[next - 1], knots[next]];
  const part = (since - from.at) / (to.at - from.at);
  const bob = 0.03 * Math.sin(2 * Math.PI * since);
  return { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part + bob };
}

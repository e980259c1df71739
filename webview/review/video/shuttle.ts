/** J K L, as on an editing desk. */

const fastest = 4;

/**
 * The speed after a press of J (`direction` −1) or L (1) at `speed`, in seconds of video a second; 0 is paused. The first press
 * plays that way at 1×, each further one doubles it up to 4×.
 */
export function shuttle(speed: number, direction: 1 | -1): number {
  const along = speed * direction;
  return direction * (along > 0 ? Math.min(2 * along, fastest) : 1);
}

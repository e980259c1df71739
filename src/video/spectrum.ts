/** Energy of sound in mel bands: a small power-of-two FFT and triangular filters. */

/** In-place radix-2 FFT (Cooley and Tukey 1965) of `real` + i·`imaginary`; their length is a power of two. */
export function fft(real: Float64Array, imaginary: Float64Array): void {
  const size = real.length;
  for (let i = 1, j = 0; i < size; i += 1) {
    let bit = size >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      [real[i], real[j]] = [real[j], real[i]];
      [imaginary[i], imaginary[j]] = [imaginary[j], imaginary[i]];
    }
  }
  const { cosines, sines } = twiddles(size);
  for (let half = 1; half < size; half *= 2) {
    const stride = size / (2 * half);
    for (let start = 0; start < size; start += 2 * half) {
      for (let k = 0; k < half; k += 1) {
        const cosine = cosines[k * stride];
        const sine = sines[k * stride];
        const even = start + k;
        const odd = even + half;
        const re = real[odd] * cosine - imaginary[odd] * sine;
        const im = real[odd] * sine + imaginary[odd] * cosine;
        real[odd] = real[even] - re;
        imaginary[odd] = imaginary[even] - im;
        real[even] += re;
        imaginary[even] += im;
      }
    }
  }
}

interface Twiddles {
  cosines: Float64Array;
  sines: Float64Array;
}
const twiddleCache = new Map<number, Twiddles>();

function twiddles(size: number): Twiddles {
  let cached = twiddleCache.get(size);
  if (!cached) {
    const angle = (k: number): number => (-2 * Math.PI * k) / size;
    cached = {
      cosines: Float64Array.from({ length: size / 2 }, (_, k) => Math.cos(angle(k))),
      sines: Float64Array.from({ length: size / 2 }, (_, k) => Math.sin(angle(k))),
    };
    twiddleCache.set(size, cached);
  }
  return cached;
}

/** A filter's place among the FFT's bins and its weights there. */
export interface MelFilter {
  first: number;
  weights: Float64Array;
}

/**
 * `bands` triangular filters, evenly spaced on the HTK mel scale (2595 log10(1 + f / 700)) from 0 Hz to half of `rate`, over the
 * bins of an FFT of `size` samples.
 */
export function melFilters(bands: number, size: number, rate: number): MelFilter[] {
  const top = 2595 * Math.log10(1 + rate / 2 / 700);
  const edges = Array.from({ length: bands + 2 }, (_, i) => {
    const hertz = 700 * (10 ** ((top * i) / (bands + 1) / 2595) - 1);
    return (hertz * size) / rate;
  });
  return Array.from({ length: bands }, (_, band) => {
    const [low, middle, high] = edges.slice(band, band + 3);
    const first = Math.ceil(low);
    const last = Math.floor(high);
    const weights = Float64Array.from({ length: Math.max(0, last - first + 1) }, (__, i) => {
      const bin = first + i;
      return Math.max(0, Math.min((bin - low) / (middle - low), (high - bin) / (high - middle)));
    });
    return { first, weights };
  });
}

/** The periodic Hann window of `size` samples, divided by `size`. */
export function hannWindow(size: number): Float64Array {
  return Float64Array.from({ length: size }, (_, i) => (0.5 - 0.5 * Math.cos((2 * Math.PI * i) / size)) / size);
}

/**
 * Mean power of `samples` in each filter, over windows that follow one another without overlap; what a last window lacks counts
 * as silence. A full-scale sine has a power of 3/32 in all, split over the bins and the bands around it.
 */
export function melPower(samples: Float32Array, window: Float64Array, filters: readonly MelFilter[]): Float64Array {
  const size = window.length;
  const power = new Float64Array(filters.length);
  const windows = Math.max(1, Math.round(samples.length / size));
  const real = new Float64Array(size);
  const imaginary = new Float64Array(size);
  for (let w = 0; w < windows; w += 1) {
    imaginary.fill(0);
    real.fill(0);
    const there = Math.min(size, samples.length - w * size);
    for (let i = 0; i < there; i += 1) real[i] = samples[w * size + i] * window[i];
    fft(real, imaginary);
    for (let band = 0; band < filters.length; band += 1) {
      const { first, weights } = filters[band];
      for (let i = 0; i < weights.length; i += 1) {
        const bin = first + i;
        power[band] += weights[i] * (real[bin] * real[bin] + imaginary[bin] * imaginary[bin]);
      }
    }
  }
  return power.map((sum) => sum / windows);
}

/** Sub-buckets per power of two: a value is known to 1.6 %. */
const STEPS = 64;
const OCTAVES = 27;

/** Counts of whole numbers up to 2^31, in buckets that grow with the value. */
export class Histogram {
  readonly #counts = new Float64Array(STEPS * OCTAVES);
  count = 0;
  max = 0;

  add(value: number, times = 1): void {
    const whole = Math.max(0, value) | 0;
    this.#counts[bucketOf(whole)]! += times;
    this.count += times;
    if (whole > this.max) this.max = whole;
  }

  /** The value that this share of all values is below; 0 where there are none. */
  quantile(share: number): number {
    const wanted = share * this.count;
    let seen = 0;
    for (const [bucket, times] of this.#counts.entries()) {
      seen += times;
      if (seen > wanted) return Math.min(this.max, startOf(bucket));
    }
    return this.max;
  }
}

function bucketOf(value: number): number {
  if (value < STEPS) return value;
  const octave = 31 - Math.clz32(value);
  return (octave - 5) * STEPS + ((value >> (octave - 6)) & (STEPS - 1));
}

function startOf(bucket: number): number {
  if (bucket < STEPS) return bucket;
  const octave = Math.floor(bucket / STEPS) + 5;
  return 2 ** octave + (bucket % STEPS) * 2 ** (octave - 6);
}

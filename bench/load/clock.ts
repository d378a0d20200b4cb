const ORIGIN = monotonic() - performance.now() * 1000;

/** Microseconds of the machine's monotonic clock, so that instants of different processes compare. Allocates nothing. */
export function now(): number {
  return ORIGIN + performance.now() * 1000;
}

function monotonic(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e6 + nanoseconds / 1000;
}

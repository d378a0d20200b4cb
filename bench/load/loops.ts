import { now } from './clock.ts';
import type { Traffic } from './traffic.ts';

/** Keeps so many messages in flight. @returns stops it */
export function closedLoop(traffic: Traffic, window: number): () => void {
  let due: NodeJS.Immediate | undefined;
  const fill = () => {
    due = undefined;
    const instant = now();
    while (traffic.inFlight < window) traffic.send(instant);
  };
  // Once per turn: what became complete in it is answered together.
  traffic.progress = () => {
    due ??= setImmediate(fill);
  };
  fill();
  return () => {
    clearImmediate(due);
    traffic.progress = () => {};
  };
}

/**
 * Sends at fixed instants. Each message carries the one that it was due at: what the generator itself is late counts
 * as latency, so a stall is never overlooked.
 * @returns stops it
 */
export function openLoop(traffic: Traffic, rate: number): () => void {
  const step = 1e6 / rate;
  let next = now();
  let timer: NodeJS.Timeout;
  const tick = () => {
    for (const instant = now(); next <= instant; next += step) traffic.send(next);
    timer = setTimeout(tick, Math.floor((next - now()) / 1000));
  };
  tick();
  return () => clearTimeout(timer);
}

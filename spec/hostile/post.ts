import type { Letter } from '../consistency/text.ts';

/** At first everybody, the server too, is slow: that is measured by nobody. */
export type Phase = 'start' | 'peace' | 'siege';

export const GENERAL = 'general';

interface Sent {
  letter: Letter;
  at: number;
  phase: Phase;
  acknowledged: boolean;
}

/** What the honest write to each other, and how long it takes. */
export class Post {
  phase: Phase = 'start';
  /** `writer/target` → how many letters there are. */
  readonly streams = new Map<string, number>();
  /** Milliseconds from the writing to each reading. */
  readonly latencies: Record<Phase, number[]> = { start: [], peace: [], siege: [] };
  readonly #sent = new Map<string, Sent>();

  /** @param target a room, or `@` and a userId */
  write(writer: string, target: string): Letter {
    const stream = `${writer}/${target}`;
    const number = this.streams.get(stream) ?? 0;
    this.streams.set(stream, number + 1);
    const ref = `${stream}/${number}`;
    const type = number % 5 === 4 ? 'notification' : 'chat';
    const letter: Letter = { ref, type, content: `${ref} «hola» 😀`, writer, target, number };
    this.#sent.set(ref, { letter, at: performance.now(), phase: this.phase, acknowledged: false });
    return letter;
  }

  /** The letter that data names; undefined where nobody has written it. */
  letterBy(data: unknown): Letter | undefined {
    return this.#sent.get(String(data))?.letter;
  }

  delivered({ ref }: Letter): void {
    const { at, phase } = this.#sent.get(ref)!;
    this.latencies[phase].push(performance.now() - at);
  }

  acknowledged(ref: string): void {
    this.#sent.get(ref)!.acknowledged = true;
  }

  /** Those that were not acknowledged. */
  get waiting(): string[] {
    return [...this.#sent].filter(([, { acknowledged }]) => !acknowledged).map(([ref]) => ref);
  }

  /** Milliseconds within which so many of a hundred came. */
  percentile(phase: Phase, hundredths: number): number {
    const sorted = Float64Array.from(this.latencies[phase]).sort();
    return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * hundredths) / 100))] ?? 0;
  }
}

// What other scripts bring.

/** From `/socket.io/socket.io.js`. */
declare const io: typeof import('socket.io-client').io;

declare module '*/socket.io.js';

/** uPlot, built by `npm run build:web`. */
declare module '*/vendor/uplot.js' {
  import uPlot from 'uplot';
  export default uPlot;
}

// The snippet for Angular imports what its readers have installed. As much of it as it uses:

declare module '@angular/core' {
  export interface OnDestroy {
    ngOnDestroy(): void;
  }
  export interface Signal<T> {
    (): T;
    set(value: T): void;
    update(change: (now: T) => T): void;
  }
  export function signal<T>(initial: T): Signal<T>;
  export function Injectable(options: object): (service: unknown, context: unknown) => void;
}

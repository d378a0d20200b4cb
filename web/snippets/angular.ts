import { Injectable, type OnDestroy, signal } from '@angular/core';

export interface AmbosMessage {
  type: string;
  content: string;
  from: string;
  timestamp: number;
  id: string;
  data: unknown;
}

@Injectable({ providedIn: 'root' })
export class AmbosService implements OnDestroy {
  readonly connected = signal(false);
  readonly messages = signal<AmbosMessage[]>([]);
  private socket?: WebSocket;
  private timer?: ReturnType<typeof setTimeout>;
  private delay = 1000;

  connect(username: string): void {
    this.disconnect();
    const socket = new WebSocket(`ws://localhost:3000/ws?username=${encodeURIComponent(username)}`);
    this.socket = socket;
    socket.onopen = () => {
      this.delay = 1000;
      this.connected.set(true);
    };
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data) as AmbosMessage;
      this.messages.update((all) => [...all, message].slice(-500));
    };
    socket.onclose = ({ code }) => {
      this.connected.set(false);
      if (code >= 4500) return;
      this.timer = setTimeout(() => this.connect(username), this.delay);
      this.delay = Math.min(2 * this.delay, 30_000);
    };
  }

  send(message: { type: string; content?: string; room?: string; to?: string; data?: unknown }): boolean {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(message));
    return true;
  }

  disconnect(): void {
    clearTimeout(this.timer);
    if (!this.socket) return;
    this.socket.onmessage = this.socket.onclose = null;
    this.socket.close();
    this.connected.set(false);
  }

  ngOnDestroy(): void {
    this.disconnect();
  }
}

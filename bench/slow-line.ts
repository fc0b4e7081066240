import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A line between a browser and a server: so many bits a second for all connections together, and a delay. */
export interface SlowLine {
  readonly port: number;
  /** Bytes that came down it. */
  readonly bytes: () => number;
  close(): void;
}

/** Pieces in which connections take turns, in bytes. */
const PIECE = 16_384;

/**
 * Opens a line to a local port. Whole TCP streams pass, so that everything counts: headers, service workers' requests,
 * and what the browser asks for by itself.
 */
export async function openSlowLine(target: number, bitsPerSecond: number, delayMs: number): Promise<SlowLine> {
  let total = 0;
  let freeAt = 0;
  const sockets = new Set<Socket>();

  /** Settles when the line has carried so many bytes. */
  async function carry(bytes: number): Promise<void> {
    total += bytes;
    freeAt = Math.max(freeAt, performance.now()) + (bytes * 8000) / bitsPerSecond;
    await new Promise((resolve) => setTimeout(resolve, freeAt - performance.now()));
  }

  async function pass(from: Socket, to: Socket): Promise<void> {
    for await (const chunk of from) {
      for (let at = 0; at < chunk.length; at += PIECE) {
        const piece = chunk.subarray(at, at + PIECE);
        await carry(piece.length);
        setTimeout(() => to.writable && to.write(piece), delayMs);
      }
    }
    setTimeout(() => to.end(), delayMs);
  }

  const server = createServer((browser) => {
    const upstream = connect(target, '127.0.0.1');
    for (const socket of [browser, upstream]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => sockets.delete(socket));
    }
    browser.pipe(upstream);
    pass(upstream, browser).catch(() => browser.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    bytes: () => total,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

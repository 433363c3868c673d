import type { Duplex } from "node:stream";

/**
 * Joins a tunnel and a container's port, byte for byte, back-pressure and half-closing included. `onInput` is called for what the client
 * sends. Either side's failure ends both.
 */
export function pipePort(tunnel: Duplex, port: Duplex, onInput: () => void): void {
  const both = [tunnel, port];
  for (const side of both) {
    side.on("error", () => {
      for (const other of both) other.destroy();
    });
  }
  tunnel.on("close", () => port.destroy());
  port.on("close", () => tunnel.destroy());
  tunnel.on("data", onInput);
  tunnel.pipe(port);
  port.pipe(tunnel);
}

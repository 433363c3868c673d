import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A way to the test run's PostgreSQL that can break: what is open is cut, and nothing answers until it is mended. */
export class BreakableDatabase {
  private readonly sockets = new Set<Socket>();
  private readonly server = createServer((socket) => this.pipe(socket));
  private target = "";
  private port = 0;

  async open(): Promise<void> {
    await this.listen(0);
    this.port = (this.server.address() as AddressInfo).port;
  }

  /** The same database, by this way. */
  readonly through = (url: string): string => {
    const by = new URL(url);
    const folder = by.searchParams.get("host");
    if (!folder) throw new Error("the test run's PostgreSQL is reached by its socket's folder");
    this.target = `${folder}/.s.PGSQL.${by.port}`;
    by.searchParams.delete("host");
    by.hostname = "127.0.0.1";
    by.port = String(this.port);
    return by.toString();
  };

  async cut(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  mend(): Promise<void> {
    return this.listen(this.port);
  }

  private listen(port: number): Promise<void> {
    return new Promise((resolve) => this.server.listen(port, "127.0.0.1", resolve));
  }

  private pipe(socket: Socket): void {
    const upstream = connect(this.target);
    for (const side of [socket, upstream]) {
      this.sockets.add(side);
      side.on("error", () => {});
      side.on("close", () => {
        this.sockets.delete(side);
        socket.destroy();
        upstream.destroy();
      });
    }
    socket.pipe(upstream);
    upstream.pipe(socket);
  }
}

import type { IncomingMessage, Server, ServerResponse } from "node:http";
import next from "next";

export interface Pages {
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
  close(): Promise<void>;
}

/** Next's pages, built (`production`) or compiled as they are asked for. `upgrades` is the server that hears of development's `/_next/*` sockets. */
export async function preparePages(options: {
  publicUrl: URL;
  production: boolean;
  folder: string;
  upgrades: Server;
  host: string;
  port: number;
}): Promise<Pages> {
  // Next and next-auth know these settings by the environment alone: where people come in (for OIDC's way back), and no calls home.
  process.env.NEXTAUTH_URL = options.publicUrl.origin;
  process.env.NEXT_TELEMETRY_DISABLED = "1";
  const app = next({
    dev: !options.production,
    dir: options.folder,
    customServer: true,
    httpServer: options.upgrades,
    hostname: options.host,
    port: options.port,
  });
  await app.prepare();
  const handle = app.getRequestHandler();
  return { handle: (request, response) => handle(request, response), close: () => app.close() };
}

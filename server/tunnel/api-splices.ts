import type { Duplex } from "node:stream";
import type { AgentApi, ApiTarget } from "./agent-api";
import { splice } from "./splice";
import { SpliceTotals } from "./splice-totals";
import { type WebSocketOffer, writeSwitchAnswer } from "./upgrade-request";
import type { SocketOwner, SocketRegister } from "./viewer-upgrade";
import { WaitingSocket } from "./waiting-socket";

export interface ApiGrant {
  readonly target: ApiTarget;
  /** Of the agent's API. */
  readonly path: string;
  readonly login: SocketOwner;
  /** Resolves once it may be seen. `end` cuts the socket. */
  opened(end: () => void): Promise<void>;
  /** Once, if it was opened. */
  closed(bytes: { toViewer: number; fromViewer: number }): void;
}

export interface ApiSpliceOptions {
  readonly api: Pick<AgentApi, "upgrade">;
  readonly sockets: SocketRegister;
}

/** WebSockets of people, spliced to WebSockets of the agents' own API. */
export class ApiSplices {
  private readonly totals = new SpliceTotals();

  constructor(private readonly options: ApiSpliceOptions) {}

  stats() {
    return this.totals.read();
  }

  /** Resolves once spliced, or when whoever asked went away meanwhile. Throws `BerthError` while nothing has been answered. */
  async join(grant: ApiGrant, { socket, head, offer }: { socket: Duplex; head: Buffer; offer: WebSocketOffer }): Promise<void> {
    const { api, sockets } = this.options;
    const waiting = new WaitingSocket(socket, head);
    let end = (): void => {
      waiting.cancel();
      socket.destroy();
    };
    const forget = sockets.add(grant.login, () => end());
    try {
      const { tunnel, head: answer } = await api.upgrade(grant.target, grant.path, offer, waiting.signal);
      await grant
        .opened(() => end())
        .catch((error: unknown) => {
          tunnel.destroy();
          throw error;
        });
      waiting.release();
      socket.write(writeSwitchAnswer(answer, offer));
      const joined = splice(socket, tunnel);
      end = joined.end;
      this.totals.add(joined);
      void joined.ended.then(({ fromLeft, fromRight }) => {
        forget();
        grant.closed({ toViewer: fromRight, fromViewer: fromLeft });
      });
      if (waiting.signal.aborted) joined.end();
    } catch (error) {
      forget();
      const gone = waiting.signal.aborted;
      waiting.release();
      if (gone) return void socket.destroy();
      throw error;
    }
  }
}

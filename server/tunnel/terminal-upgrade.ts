import { BerthError } from "@berth/protocol/errors";
import type { AgentApi, ApiTarget } from "./agent-api";
import { splice } from "./splice";
import { SpliceTotals } from "./splice-totals";
import { readWebSocketOffer, writeSwitchAnswer } from "./upgrade-request";
import type { SocketOwner, SocketRegister, ViewerCall } from "./viewer-upgrade";
import { WaitingSocket } from "./waiting-socket";

export interface TerminalGrant {
  readonly target: ApiTarget;
  /** Of the agent's API. */
  readonly path: string;
  readonly login: SocketOwner;
  /** Resolves once it may be seen. `end` cuts the socket. */
  opened(end: () => void): Promise<void>;
  /** Once, if it was opened. */
  closed(bytes: { toViewer: number; fromViewer: number }): void;
}

export interface TerminalUpgradeOptions {
  readonly access: {
    /** Throws `BerthError` before anything is answered. */
    authorize(input: {
      sessionId: string;
      terminalId: string | null;
      ticket: string | null;
      cookie: string | null;
      authorization: string | null;
      origin: string | null;
      address: string;
    }): Promise<TerminalGrant>;
  };
  readonly api: Pick<AgentApi, "upgrade">;
  readonly sockets: SocketRegister;
}

/** WebSockets into sessions, spliced to the agent's own. */
export class TerminalUpgrade {
  private readonly totals = new SpliceTotals();

  constructor(private readonly options: TerminalUpgradeOptions) {}

  stats() {
    return this.totals.read();
  }

  /** Resolves once spliced, or when whoever asked went away meanwhile. Throws `BerthError` while nothing has been answered. */
  async open({
    request,
    socket,
    head,
    sessionId,
    query,
    address,
    terminalId,
  }: ViewerCall & { readonly terminalId: string | null }): Promise<void> {
    const { access, api, sockets } = this.options;
    const offer = readWebSocketOffer(request);
    const { cookie = null, authorization = null, origin = null } = request.headers;
    if (terminalId !== null && !/^[a-z0-9]{8,32}$/.test(terminalId))
      throw new BerthError("TERMINAL_NOT_FOUND", "There is no such terminal");
    const grant = await access.authorize({ sessionId, terminalId, ticket: query.get("ticket"), cookie, authorization, origin, address });
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

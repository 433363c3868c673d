import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { ToAgent } from "@berth/protocol/agent-messages";
import type { BerthError } from "@berth/protocol/errors";
import type { Clock } from "../platform/clock";
import { toBerthError } from "../platform/errors";
import { splice } from "./splice";
import { SpliceTotals } from "./splice-totals";
import type { TunnelBroker, TunnelKey, TunnelTarget } from "./tunnel-broker";
import { exchangeUpgrade } from "./upgrade-exchange";
import { readWebSocketOffer, writeSwitchAnswer } from "./upgrade-request";
import { WaitingSocket } from "./waiting-socket";

/** Whose access a socket hangs on. */
export interface SocketOwner {
  readonly userId: string;
  readonly loginId: string;
  readonly accessEpoch: number;
}

/** Where open sockets are kept, so that they end with the access that let them in. */
export interface SocketRegister {
  /** Returns how to take the socket out again. */
  add(owner: SocketOwner, end: (reason: string) => void): () => void;
}

export interface ViewerGrant extends TunnelTarget {
  readonly login: SocketOwner;
  /** Takes a place among those who look at it; `end` cuts its socket. Returns how to leave, called once however it ends. */
  enter(end: () => void): () => void;
  /** Resolves once there is a display to ask the agent for. Throws `BerthError` where it takes too long or won't be. */
  ready(signal: AbortSignal): Promise<void>;
  request(tunnel: TunnelKey): ToAgent;
  /** Path of the agent's own server, from the session's record, once `request` was called. */
  readonly upgradePath: string;
  opened(): void;
  closed(bytes: { toViewer: number; fromViewer: number }): void;
  failed(error: BerthError): void;
}

export interface ViewerAccess {
  /** Throws `BerthError` before anything is answered. */
  authorize(input: {
    sessionId: string;
    ticket: string | null;
    token: string | null;
    cookie: string | null;
    authorization: string | null;
    origin: string | null;
    address: string;
  }): Promise<ViewerGrant>;
}

export interface ViewerUpgradeOptions {
  readonly access: ViewerAccess;
  readonly broker: TunnelBroker;
  readonly sockets: SocketRegister;
  readonly clock: Clock;
}

export interface ViewerCall {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  readonly sessionId: string;
  readonly query: URLSearchParams;
  readonly address: string;
}

/** `GET /vnc-viewer/{id}`: a browser's WebSocket, spliced to the display of a session. */
export class ViewerUpgrade {
  private readonly totals = new SpliceTotals();

  constructor(private readonly options: ViewerUpgradeOptions) {}

  /** Viewers open now, and the bytes of all that ever were. */
  stats() {
    const { open, fromLeft, fromRight } = this.totals.read();
    return { viewers: open, bytesToViewers: fromRight, bytesFromViewers: fromLeft };
  }

  /** Resolves once spliced, or when the viewer went away meanwhile. Throws `BerthError` while nothing has been answered. */
  async open({ request, socket, head, sessionId, query, address }: ViewerCall): Promise<void> {
    const { access, broker, sockets, clock } = this.options;
    const offer = readWebSocketOffer(request);
    const { headers } = request;
    const grant = await access.authorize({
      sessionId,
      ticket: query.get("ticket"),
      token: query.get("token"),
      cookie: headers.cookie ?? null,
      authorization: headers.authorization ?? null,
      origin: headers.origin ?? null,
      address,
    });
    const waiting = new WaitingSocket(socket, head);
    let end = (): void => {
      waiting.cancel();
      socket.destroy();
    };
    const unregister = sockets.add(grant.login, () => end());
    let leave = (): void => {};
    const forget = (): void => {
      unregister();
      leave();
    };
    let asked = false;
    try {
      leave = grant.enter(() => end());
      await grant.ready(waiting.signal);
      asked = true;
      const tunnel = await broker.open(grant, (key) => grant.request(key), waiting.signal);
      const answer = await exchangeUpgrade({
        tunnel,
        request: { path: grant.upgradePath, host: "berth", offer },
        answeredBy: "agent",
        who: `agent '${grant.agentName}'`,
        clock,
        signal: waiting.signal,
      });
      waiting.release();
      socket.write(writeSwitchAnswer(answer, offer));
      const joined = splice(socket, tunnel);
      end = joined.end;
      this.totals.add(joined);
      grant.opened();
      void joined.ended.then(({ fromLeft, fromRight }) => {
        forget();
        grant.closed({ toViewer: fromRight, fromViewer: fromLeft });
      });
    } catch (error) {
      forget();
      const gone = waiting.signal.aborted;
      waiting.release();
      if (gone) {
        socket.destroy();
        return;
      }
      if (asked) grant.failed(toBerthError(error));
      throw error;
    }
  }
}

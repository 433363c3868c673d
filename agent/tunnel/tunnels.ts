/** Answers the control plane's requests for tunnels: dials back and joins the connection to a display or a port, as was asked. */
import type { Duplex } from "node:stream";
import type { ToAgentOf } from "@berth/protocol/agent-messages";
import { BerthError } from "@berth/protocol/errors";
import type { ThumbnailHead } from "@berth/protocol/tunnel";
import type { Clock } from "../clock";
import type { SessionDriver } from "../drivers/driver";
import { AgentApi } from "../http/agent-api";
import type { ApiPart } from "../http/api-routes";
import { type Log, wordsOf } from "../log";
import { openSessionPort } from "../ports/open-port";
import { Thumbnails } from "../thumbnail/thumbnails";
import { DisplayServer } from "./display-server";
import { logRefusal, sendLog } from "./log-tunnel";
import { pipePort } from "./port-pipe";
import { dialTunnel, type TunnelTarget } from "./tunnel-dialer";
import { LiveTerms, termsOf } from "./viewer-terms";

/** Tunnels at once; an agent is asked for one by each viewer and each connection of a web app. */
const MAX_TUNNELS = 4000;

export interface TunnelsOptions {
  readonly target: TunnelTarget;
  readonly driver: SessionDriver;
  readonly clock: Clock;
  readonly log: Log;
  /** Resolves once no start of the session is under way: a viewer may come before the display. */
  started(sessionId: string): Promise<void>;
  onInput(sessionId: string): void;
  /** What the agent serves inside sessions. */
  readonly api: readonly ApiPart[];
}

export class Tunnels {
  readonly #options: TunnelsOptions;
  readonly #displays: DisplayServer;
  readonly #thumbnails: Thumbnails;
  readonly #api: AgentApi;
  readonly #open = new Set<Duplex>();
  /** Of each viewer, by its proxy id, from the request on. */
  readonly #terms = new Map<string, LiveTerms>();
  #dialling = 0;
  #stopped = false;

  constructor(options: TunnelsOptions) {
    this.#options = options;
    this.#displays = new DisplayServer({
      log: options.log,
      openDisplay: async (sessionId) => {
        await options.started(sessionId);
        return options.driver.openDisplay(sessionId);
      },
      onInput: options.onInput,
    });
    this.#api = new AgentApi({ parts: options.api, log: options.log });
    this.#thumbnails = new Thumbnails({ clock: options.clock, openDisplay: (sessionId) => options.driver.openDisplay(sessionId) });
  }

  async openDisplay(request: ToAgentOf<"vnc_proxy_request">): Promise<void> {
    const { session_id: sessionId, proxy_id, data } = request;
    const terms = new LiveTerms(sessionId, termsOf(data.mode, data.policy));
    this.#terms.set(proxy_id, terms);
    const forget = () => {
      if (this.#terms.get(proxy_id) === terms) this.#terms.delete(proxy_id);
    };
    const opened = await this.#dial(proxy_id, data.tunnel_secret, async (tunnel) => {
      tunnel.on("close", forget);
      this.#displays.serve(tunnel, { sessionId, mode: data.mode, terms });
    });
    if (!opened) forget();
  }

  /** What a viewer may do from now on. One that has ended, or is of another session, is overlooked. */
  updateViewer({ session_id, proxy_id, mode, policy }: ToAgentOf<"viewer_update">): void {
    const terms = this.#terms.get(proxy_id);
    if (terms?.sessionId === session_id) terms.change(termsOf(mode, policy));
  }

  async openPort(request: ToAgentOf<"tunnel_request">): Promise<void> {
    const { session_id: sessionId, tunnel_id, tunnel_secret, port } = request;
    await this.#dial(tunnel_id, tunnel_secret, async (tunnel) => {
      // The client may speak before the port is there: its bytes wait in the stream.
      const target = await openSessionPort(this.#options.driver, this.#options.clock, sessionId, port);
      if (tunnel.destroyed) return void target.destroy();
      pipePort(tunnel, target, () => this.#options.onInput(sessionId));
    });
  }

  /** A tunnel that is the node's API's. */
  async serveNode({ tunnel_id, tunnel_secret }: ToAgentOf<"node_api_request">, serve: (tunnel: Duplex) => void): Promise<void> {
    await this.#dial(tunnel_id, tunnel_secret, async (tunnel) => serve(tunnel));
  }

  async serveApi({ session_id, tunnel_id, tunnel_secret, policy }: ToAgentOf<"api_request">): Promise<void> {
    await this.#dial(tunnel_id, tunnel_secret, async (tunnel) => this.#api.serve(tunnel, session_id, policy));
  }

  /** Takes the picture first: the tunnel is dialled with the answer at hand, and ends with it. */
  async sendThumbnail({ session_id, tunnel_id, tunnel_secret, policy }: ToAgentOf<"thumbnail_request">): Promise<void> {
    const answer = await this.#thumbnails.of(session_id, policy).then(
      (png) => Buffer.concat([thumbnailHead({ bytes: png.length }), png]),
      (error: unknown) => {
        const known = error instanceof BerthError ? error : new BerthError("DISPLAY_UNREACHABLE", wordsOf(error));
        this.#options.log.debug({ sessionId: session_id, code: known.code }, known.message);
        return thumbnailHead({ code: known.code, message: known.message.slice(0, 500) });
      },
    );
    await this.#dial(tunnel_id, tunnel_secret, async (tunnel) => void tunnel.end(answer));
  }

  /** Asks the driver first: the tunnel begins with its answer. The reading ends with the tunnel. */
  async sendLogs({ session_id: sessionId, tunnel_id, tunnel_secret, since, ...which }: ToAgentOf<"logs_request">): Promise<void> {
    const { driver, log } = this.#options;
    const over = new AbortController();
    const answer = await driver
      .logs({ ...which, sessionId, since: since === undefined ? undefined : new Date(since) }, over.signal)
      .catch((error: unknown) => {
        const known = error instanceof BerthError ? error : new BerthError("ENGINE_UNAVAILABLE", wordsOf(error));
        log.debug({ sessionId, code: known.code }, known.message);
        return logRefusal(known);
      });
    const joined = await this.#dial(tunnel_id, tunnel_secret, async (tunnel) => {
      tunnel.once("close", () => over.abort());
      if (typeof answer === "string") return void tunnel.end(answer);
      sendLog(tunnel, answer).catch((error: unknown) => {
        if (!over.signal.aborted) log.warn({ sessionId, err: error }, "a log could not be read to its end");
        tunnel.destroy();
      });
    });
    if (!joined) over.abort();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const tunnel of this.#open) tunnel.destroy();
    this.#displays.close();
    await this.#api.close();
  }

  /** Whether it was joined. */
  async #dial(tunnelId: string, secret: string, join: (tunnel: Duplex) => Promise<void>): Promise<boolean> {
    const { log, target } = this.#options;
    if (this.#open.size + this.#dialling >= MAX_TUNNELS) {
      log.error({ tunnels: MAX_TUNNELS }, "a tunnel was refused: too many are open");
      return false;
    }
    let tunnel: Duplex | null = null;
    this.#dialling++;
    try {
      tunnel = await dialTunnel(target, tunnelId, secret);
      if (this.#stopped) {
        tunnel.destroy();
        return false;
      }
      const opened = tunnel;
      this.#open.add(opened);
      opened.on("error", () => opened.destroy());
      opened.on("close", () => this.#open.delete(opened));
      await join(opened);
      return true;
    } catch (error) {
      log.warn({ err: error }, wordsOf(error));
      tunnel?.destroy();
      return false;
    } finally {
      this.#dialling--;
    }
  }
}

const thumbnailHead = (head: ThumbnailHead): Buffer => Buffer.from(`${JSON.stringify(head)}\n`);

import { BerthError } from "@berth/protocol/errors";
import { type ApiGrant, type ApiSpliceOptions, ApiSplices } from "./api-splices";
import { readWebSocketOffer } from "./upgrade-request";
import type { ViewerCall } from "./viewer-upgrade";

export interface TerminalUpgradeOptions extends ApiSpliceOptions {
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
    }): Promise<ApiGrant>;
  };
}

/** WebSockets into sessions, spliced to the agent's own. */
export class TerminalUpgrade {
  private readonly splices: ApiSplices;

  constructor(private readonly options: TerminalUpgradeOptions) {
    this.splices = new ApiSplices(options);
  }

  stats() {
    return this.splices.stats();
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
    const { access } = this.options;
    const offer = readWebSocketOffer(request);
    const { cookie = null, authorization = null, origin = null } = request.headers;
    if (terminalId !== null && !/^[a-z0-9]{8,32}$/.test(terminalId))
      throw new BerthError("TERMINAL_NOT_FOUND", "There is no such terminal");
    const grant = await access.authorize({ sessionId, terminalId, ticket: query.get("ticket"), cookie, authorization, origin, address });
    await this.splices.join(grant, { socket, head, offer });
  }
}

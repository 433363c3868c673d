import { type ApiGrant, type ApiSpliceOptions, ApiSplices } from "./api-splices";
import { readWebSocketOffer } from "./upgrade-request";
import type { ViewerCall } from "./viewer-upgrade";

export interface PortUpgradeOptions extends ApiSpliceOptions {
  readonly access: {
    /** Throws `BerthError` before anything is answered. */
    authorize(input: {
      sessionId: string;
      port: string;
      ticket: string | null;
      cookie: string | null;
      authorization: string | null;
      origin: string | null;
      address: string;
    }): Promise<ApiGrant>;
  };
}

/** WebSockets that each are a connection to a port of a session. */
export class PortUpgrade {
  private readonly splices: ApiSplices;

  constructor(private readonly options: PortUpgradeOptions) {
    this.splices = new ApiSplices(options);
  }

  stats() {
    return this.splices.stats();
  }

  /** Resolves once spliced, or when whoever asked went away meanwhile. Throws `BerthError` while nothing has been answered. */
  async open({ request, socket, head, sessionId, query, address, port }: ViewerCall & { readonly port: string }): Promise<void> {
    const offer = readWebSocketOffer(request);
    const { cookie = null, authorization = null, origin = null } = request.headers;
    const ticket = query.get("ticket");
    const grant = await this.options.access.authorize({ sessionId, port, ticket, cookie, authorization, origin, address });
    await this.splices.join(grant, { socket, head, offer });
  }
}

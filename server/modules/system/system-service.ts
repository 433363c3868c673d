import type { SystemStatus } from "./system-schema";

export interface SystemDeps {
  readonly version: string;
  readonly publicUrl: URL;
  readonly agentUrl: () => URL;
  readonly appsDomain: string;
  /** Read at each call: what is wrong now. */
  readonly notices: () => readonly string[];
}

export class SystemService {
  constructor(private readonly deps: SystemDeps) {}

  status(): SystemStatus {
    const { version, publicUrl, agentUrl, appsDomain, notices } = this.deps;
    return { version, publicUrl: publicUrl.origin, agentUrl: agentUrl().origin, appsDomain, notices: [...notices()] };
  }
}

import type { Login } from "../users/users-schema";
import type { SystemStatus } from "./system-schema";

export interface SystemDeps {
  readonly version: string;
  readonly publicUrl: URL;
  readonly agentUrl: () => URL;
  readonly appsDomain: string;
  /** Read at each call: what is wrong now. */
  readonly notices: () => readonly string[];
  readonly noticesForAdmins: () => Promise<readonly string[]>;
}

export class SystemService {
  constructor(private readonly deps: SystemDeps) {}

  async status({ role }: Pick<Login, "role">): Promise<SystemStatus> {
    const { version, publicUrl, agentUrl, appsDomain, notices, noticesForAdmins } = this.deps;
    const forAdmins = role === "admin" ? await noticesForAdmins() : [];
    return { version, publicUrl: publicUrl.origin, agentUrl: agentUrl().origin, appsDomain, notices: [...notices(), ...forAdmins] };
  }
}

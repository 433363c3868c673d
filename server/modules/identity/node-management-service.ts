import { randomUUID } from "node:crypto";
import { NODE_MANAGEMENT_NAME, NODE_TOKEN_SECONDS, NODE_TOKEN_TYPE } from "@berth/protocol/node-api";
import { type CryptoKey, importPKCS8, SignJWT } from "jose";
import type { Clock } from "../../platform/clock";
import type { AuthorityService } from "./authority-service";

const ALGORITHM = "ES256";
/** A certificate is good for days; after a change of the authority the new one vouches from here on. */
const ANEW_AFTER_MS = 3_600_000;

interface Signer {
  readonly key: CryptoKey;
  readonly x5c: string[];
  readonly madeAt: number;
}

/** Who calls an agent's own HTTP API: the control plane, by a key that its authority vouches for. */
export class NodeManagement {
  private signer: Promise<Signer> | null = null;

  constructor(private readonly deps: { readonly authority: Pick<AuthorityService, "serverCertificate">; readonly clock: Clock }) {}

  /** Good for a minute, for this agent (UUID) and, below `/workspaces/{id}`, this workspace alone. */
  async token({ node, workspace }: { readonly node: string; readonly workspace?: string | undefined }): Promise<string> {
    const { key, x5c } = await this.current();
    const now = Math.floor(this.deps.clock.now().getTime() / 1000);
    return new SignJWT({ node, ...(workspace === undefined ? {} : { workspace }) })
      .setProtectedHeader({ alg: ALGORITHM, typ: NODE_TOKEN_TYPE, x5c })
      .setAudience("node-management")
      .setJti(randomUUID())
      .setIssuedAt(now)
      .setExpirationTime(now + NODE_TOKEN_SECONDS)
      .sign(key);
  }

  private async current(): Promise<Signer> {
    const now = this.deps.clock.now().getTime();
    const before = await this.signer?.catch(() => null);
    if (before && now - before.madeAt < ANEW_AFTER_MS) return before;
    this.signer = this.make(now);
    return this.signer;
  }

  private async make(madeAt: number): Promise<Signer> {
    const { cert, key } = await this.deps.authority.serverCertificate([NODE_MANAGEMENT_NAME]);
    const chain = cert.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
    const x5c = chain.map((pem) => pem.replace(/-----[A-Z ]+-----|\s/g, ""));
    return { key: await importPKCS8(key, ALGORITHM), x5c, madeAt };
  }
}

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { type PlacementStrategy, placementStrategySchema } from "@berth/protocol/placement-strategy";
import { z } from "zod";

/** What the process is configured with; see the table in README. Everything that reads `process.env` is in this file. */
export interface Config {
  readonly production: boolean;
  readonly port: number;
  readonly host: string;
  readonly publicUrl: URL;
  readonly tls: { cert: string; key: string } | null;
  /** Addresses or CIDR ranges whose `X-Forwarded-*` are believed. */
  readonly trustedProxies: readonly string[];
  /** What agents dial, where it was said; see `agentAddresses`. */
  readonly agentPublicUrl: URL | null;
  /** The listener that asks for agents' certificates; 0 takes any free port. Null: there is none. */
  readonly agentTlsPort: number | null;
  /** How long after its end an agent's certificate may still be renewed, once. */
  readonly agentRenewalGraceMs: number;
  /** Agents may enrol over a network in plain http. */
  readonly agentPlainHttp: boolean;
  readonly appsDomain: string;
  /** Null: the embedded PostgreSQL in `dataDir`. */
  readonly databaseUrl: string | null;
  readonly dataDir: string;
  /** Null: made once and kept in `dataDir`. */
  readonly masterKey: string | null;
  readonly admin: { username: string; password: string | null };
  /** Where to write a one-time registration token for the agent of this machine, as long as none is enrolled; `npm start` sets it. */
  readonly localAgentTokenFile: string | null;
  readonly oidc: { issuer: string; clientId: string; clientSecret: string } | null;
  readonly perMinute: PerMinute;
  /** How a session is placed where neither its request nor its template says. */
  readonly placementStrategy: PlacementStrategy;
  /** 0: audit entries are kept for ever. */
  readonly auditRetentionDays: number;
  /** 0: what was posted to webhooks is listed for ever. */
  readonly webhookRetentionDays: number;
  readonly taskRetentionDays: number;
  /** Snapshots are removed after so many days where nobody said otherwise; 0: kept for ever. */
  readonly snapshotRetentionDays: number;
  /** How long a session must be healthy after an update of its image, or it is rolled back. */
  readonly updateHealthySeconds: number;
  readonly logLevel: string;
}

/** How many within a minute. */
export interface PerMinute {
  /** REST: of a user, of an API token, or from an address where nobody is signed in. */
  readonly requests: number;
  /** REST: of these, `POST /sessions`. */
  readonly sessionCreates: number;
  /** Attempts to sign in by any door, from an address, and for a name from an address. */
  readonly logins: number;
  /** What the pages ask, by tRPC, counted as REST's but in this process alone. */
  readonly pageRequests: number;
}

/** All problems of a configuration at once, each with the name of its variable. */
export class ConfigError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(`Configuration can't be used:\n${problems.map((problem) => `  ${problem}`).join("\n")}`);
    this.name = "ConfigError";
  }
}

const url = z.url({ protocol: /^https?$/ }).transform((text) => new URL(text));
const unitMs: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 };
/** Milliseconds. */
const duration = z
  .string()
  .regex(/^(?:0|[1-9]\d{0,4}[mhd])$/, "must be 0, or a number of minutes, hours or days, as in 90m, 12h or 7d")
  .transform((text) => Number.parseInt(text, 10) * (unitMs[text.slice(-1)] ?? 0));
const perMinute = z.coerce.number().int().min(1).max(1_000_000_000);
const emptyAsUnset = (env: Record<string, string | undefined>) =>
  Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ""));

const envSchema = z.object({
  NODE_ENV: z.string().optional(),
  PORT: z.coerce.number().int().min(0).max(65_535).default(3000),
  HOST: z.string().default("127.0.0.1"),
  PUBLIC_URL: url.optional(),
  TLS_CERT: z.string().optional(),
  TLS_KEY: z.string().optional(),
  TRUSTED_PROXIES: z.string().default(""),
  AGENT_PUBLIC_URL: url.optional(),
  AGENT_TLS_PORT: z.union([z.literal("off"), z.coerce.number().int().min(0).max(65_535)], 'must be a port, or "off"').default(3443),
  AGENT_RENEWAL_GRACE: duration.default(7 * 86_400_000),
  AGENT_PLAIN_HTTP: z.enum(["refuse", "allow"]).default("refuse"),
  APPS_DOMAIN: z
    .string()
    .toLowerCase()
    .regex(/^[a-z0-9.-]+$/, "must be a host name, without scheme or port")
    .default("apps.localhost"),
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, "must start with postgresql://")
    .optional(),
  DATA_DIR: z.string().default(".berth"),
  BERTH_MASTER_KEY: z.string().min(32, "must have at least 32 characters").optional(),
  ADMIN_USERNAME: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, "must be lower-case letters, digits, dots and dashes")
    .default("admin"),
  ADMIN_PASSWORD: z.string().min(8, "must have at least 8 characters").optional(),
  OIDC_ISSUER: url.optional(),
  OIDC_CLIENT_ID: z.string().optional(),
  OIDC_CLIENT_SECRET: z.string().optional(),
  BERTH_LOCAL_AGENT_TOKEN_FILE: z.string().optional(),
  API_REQUESTS_PER_MINUTE: perMinute.default(100),
  API_SESSION_CREATES_PER_MINUTE: perMinute.default(10),
  LOGINS_PER_MINUTE: perMinute.default(5),
  UI_REQUESTS_PER_MINUTE: perMinute.default(6_000),
  PLACEMENT_STRATEGY: placementStrategySchema.default("spread"),
  AUDIT_RETENTION_DAYS: z.coerce.number().int().min(0).max(36_500).default(0),
  WEBHOOK_RETENTION_DAYS: z.coerce.number().int().min(0).max(36_500).default(30),
  TASK_RETENTION_DAYS: z.coerce.number().int().min(0).max(36_500).default(30),
  SNAPSHOT_RETENTION_DAYS: z.coerce.number().int().min(0).max(3_650).default(0),
  UPDATE_HEALTHY_SECONDS: z.coerce.number().int().min(0).max(3600).default(30),
  LOG_LEVEL: z.enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"]).default("info"),
});

/** Reads and checks the environment. Throws `ConfigError` with every problem at once. */
export function loadConfig(env: Record<string, string | undefined>): Config {
  const parsed = envSchema.safeParse(emptyAsUnset(env));
  if (!parsed.success) {
    throw new ConfigError(parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`));
  }
  const read = parsed.data;
  const problems: string[] = [];
  if (Boolean(read.TLS_CERT) !== Boolean(read.TLS_KEY)) problems.push("TLS_CERT and TLS_KEY: set both or neither");
  const oidcParts = [read.OIDC_ISSUER, read.OIDC_CLIENT_ID, read.OIDC_CLIENT_SECRET].filter(Boolean).length;
  if (oidcParts !== 0 && oidcParts !== 3) problems.push("OIDC_ISSUER, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET: set all three or none");
  const tls = read.TLS_CERT && read.TLS_KEY ? readTls(read.TLS_CERT, read.TLS_KEY, problems) : null;
  const publicUrl = read.PUBLIC_URL ?? new URL(`${tls ? "https" : "http"}://localhost:${read.PORT}`);
  if (read.APPS_DOMAIN !== "localhost" && !read.APPS_DOMAIN.endsWith(".localhost") && publicUrl.protocol !== "https:") {
    problems.push("APPS_DOMAIN: a name other than *.localhost needs an https PUBLIC_URL");
  }
  if (publicUrl.hostname === read.APPS_DOMAIN || publicUrl.hostname.endsWith(`.${read.APPS_DOMAIN}`)) {
    problems.push("APPS_DOMAIN: PUBLIC_URL must not be a name under it; apps and the UI need different origins");
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return {
    production: read.NODE_ENV === "production",
    port: read.PORT,
    host: read.HOST,
    publicUrl,
    tls,
    trustedProxies: read.TRUSTED_PROXIES.split(",")
      .map((part) => part.trim())
      .filter(Boolean),
    agentPublicUrl: read.AGENT_PUBLIC_URL ?? null,
    agentTlsPort: read.AGENT_TLS_PORT === "off" ? null : read.AGENT_TLS_PORT,
    agentRenewalGraceMs: read.AGENT_RENEWAL_GRACE,
    agentPlainHttp: read.AGENT_PLAIN_HTTP === "allow",
    appsDomain: read.APPS_DOMAIN,
    databaseUrl: read.DATABASE_URL ?? null,
    dataDir: resolve(read.DATA_DIR),
    masterKey: read.BERTH_MASTER_KEY ?? null,
    admin: { username: read.ADMIN_USERNAME, password: read.ADMIN_PASSWORD ?? null },
    oidc:
      read.OIDC_ISSUER && read.OIDC_CLIENT_ID && read.OIDC_CLIENT_SECRET
        ? { issuer: read.OIDC_ISSUER.href.replace(/\/$/, ""), clientId: read.OIDC_CLIENT_ID, clientSecret: read.OIDC_CLIENT_SECRET }
        : null,
    localAgentTokenFile: read.BERTH_LOCAL_AGENT_TOKEN_FILE ?? null,
    perMinute: {
      requests: read.API_REQUESTS_PER_MINUTE,
      sessionCreates: read.API_SESSION_CREATES_PER_MINUTE,
      logins: read.LOGINS_PER_MINUTE,
      pageRequests: read.UI_REQUESTS_PER_MINUTE,
    },
    placementStrategy: read.PLACEMENT_STRATEGY,
    auditRetentionDays: read.AUDIT_RETENTION_DAYS,
    webhookRetentionDays: read.WEBHOOK_RETENTION_DAYS,
    taskRetentionDays: read.TASK_RETENTION_DAYS,
    snapshotRetentionDays: read.SNAPSHOT_RETENTION_DAYS,
    updateHealthySeconds: read.UPDATE_HEALTHY_SECONDS,
    logLevel: read.LOG_LEVEL,
  };
}

/**
 * Where agents go. What they dial: AGENT_PUBLIC_URL; else PUBLIC_URL where it is https, and the agents' own listener where it isn't. Their
 * program comes from where a certificate that everyone knows (or this machine) vouches for it, which the agents' listener can't.
 * `tlsPort` is the listener's, null where there is none.
 */
export function agentAddresses(config: Pick<Config, "agentPublicUrl" | "publicUrl">, tlsPort: number | null): { dial: URL; download: URL } {
  const { agentPublicUrl, publicUrl } = config;
  if (agentPublicUrl) {
    const own = agentPublicUrl.protocol === "https:" && Number(agentPublicUrl.port || 443) === tlsPort;
    return { dial: agentPublicUrl, download: own ? publicUrl : agentPublicUrl };
  }
  if (publicUrl.protocol === "https:" || tlsPort === null) return { dial: publicUrl, download: publicUrl };
  return { dial: new URL(`https://${publicUrl.hostname}:${tlsPort}`), download: publicUrl };
}

function readTls(certPath: string, keyPath: string, problems: string[]): Config["tls"] {
  const read = (name: string, path: string): string => {
    try {
      return readFileSync(path, "utf8");
    } catch (error) {
      problems.push(`${name}: can't read ${path} (${error instanceof Error ? error.message : String(error)})`);
      return "";
    }
  };
  return { cert: read("TLS_CERT", certPath), key: read("TLS_KEY", keyPath) };
}

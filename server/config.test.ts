import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { agentAddresses, ConfigError, loadConfig } from "./config";

const folder = mkdtempSync(join(tmpdir(), "berth-config-"));
afterAll(() => rmSync(folder, { recursive: true }));

const problemsOf = (env: Record<string, string>): readonly string[] => {
  try {
    loadConfig(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
};

describe("loadConfig", () => {
  it("needs nothing: an empty environment gives a control plane on this machine alone", () => {
    const config = loadConfig({});
    expect(config.host).toBe("127.0.0.1");
    expect(config.publicUrl.href).toBe("http://localhost:3000/");
    expect(config.databaseUrl).toBeNull();
    expect(config.appsDomain).toBe("apps.localhost");
  });

  it("takes an empty variable as unset", () => {
    expect(loadConfig({ PORT: "", DATABASE_URL: "", ADMIN_PASSWORD: "" }).port).toBe(3000);
  });

  it("reports every problem at once, each by the variable's name", () => {
    const problems = problemsOf({ PORT: "http", DATABASE_URL: "mysql://x", ADMIN_PASSWORD: "short", BERTH_MASTER_KEY: "short" });
    expect(problems.map((problem) => problem.split(":")[0])).toEqual(["PORT", "DATABASE_URL", "BERTH_MASTER_KEY", "ADMIN_PASSWORD"]);
  });

  it("refuses half of a pair", () => {
    expect(problemsOf({ TLS_CERT: "x" })[0]).toContain("TLS_CERT and TLS_KEY");
    expect(problemsOf({ OIDC_ISSUER: "https://id.example.com" })[0]).toContain("OIDC_CLIENT_ID");
  });

  it("names the certificate that can't be read", () => {
    expect(problemsOf({ TLS_CERT: join(folder, "none.pem"), TLS_KEY: join(folder, "none.key") })[0]).toContain("none.pem");
  });

  it("serves https by itself when it has a certificate", () => {
    for (const name of ["cert.pem", "key.pem"]) writeFileSync(join(folder, name), "pem");
    expect(loadConfig({ TLS_CERT: join(folder, "cert.pem"), TLS_KEY: join(folder, "key.pem") }).publicUrl.protocol).toBe("https:");
  });

  it("refuses apps on a public domain without https, and the UI on a name that belongs to apps", () => {
    expect(problemsOf({ APPS_DOMAIN: "apps.example.com" })[0]).toContain("needs an https PUBLIC_URL");
    expect(problemsOf({ APPS_DOMAIN: "example.com", PUBLIC_URL: "https://berth.example.com" })[0]).toContain("must not be a name under it");
  });

  it("knows the agents' port as a number, as any free one, and as none", () => {
    expect([{}, { AGENT_TLS_PORT: "0" }, { AGENT_TLS_PORT: "off" }].map((env) => loadConfig(env).agentTlsPort)).toEqual([3443, 0, null]);
    expect(problemsOf({ AGENT_TLS_PORT: "on" })[0]).toBe('AGENT_TLS_PORT: must be a port, or "off"');
    expect(["90m", "12h", "7d", "0"].map((text) => loadConfig({ AGENT_RENEWAL_GRACE: text }).agentRenewalGraceMs)).toEqual([
      5_400_000, 43_200_000, 604_800_000, 0,
    ]);
    expect(problemsOf({ AGENT_RENEWAL_GRACE: "a week" })[0]).toContain("AGENT_RENEWAL_GRACE");
  });

  it.each([
    ["nothing is said", {}, 3443, "https://localhost:3443", "http://localhost:3000"],
    ["there is no agents' port", {}, null, "http://localhost:3000", "http://localhost:3000"],
    ["people use https", { PUBLIC_URL: "https://berth.example" }, 3443, "https://berth.example", "https://berth.example"],
    [
      "agents dial their own port",
      { PUBLIC_URL: "https://b.example", AGENT_PUBLIC_URL: "https://b.example:3443" },
      3443,
      "https://b.example:3443",
      "https://b.example",
    ],
    [
      "agents dial a proxy",
      { PUBLIC_URL: "https://b.example", AGENT_PUBLIC_URL: "https://agents.example" },
      3443,
      "https://agents.example",
      "https://agents.example",
    ],
  ])("says where agents go when %s", (_when, env, port, dial, download) => {
    const found = agentAddresses(loadConfig(env), port);
    expect({ dial: found.dial.origin, download: found.download.origin }).toEqual({ dial, download });
  });
});

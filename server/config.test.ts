import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { ConfigError, loadConfig } from "./config";

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
});

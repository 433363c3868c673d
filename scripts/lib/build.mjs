/** What `npm start` runs is built here: the database client, both programs as one file each, the pages. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { makeIfChanged } from "./content-hash.mjs";
import { inRoot } from "./paths.mjs";
import { duration, Refusal, say } from "./say.mjs";

const manifests = ["package-lock.json", "tsconfig.base.json", "tsconfig.json", "scripts/lib/build.mjs"];

async function run(name, command, args, env) {
  const child = spawn(command, args, { cwd: inRoot(), env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  let words = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (part) => {
      words = (words + part).slice(-4000);
    });
  }
  const code = await new Promise((resolve) => {
    child.once("error", (error) => {
      words += error.message;
      resolve(1);
    });
    child.once("close", resolve);
  });
  if (code !== 0) throw new Refusal(`${name} failed:\n${words.trim()}`);
}

/** Prisma's client. Its CLI would download an engine that is never used: any executable in its place does. */
export function generateClient() {
  return makeIfChanged({
    marker: "dist/.made/prisma",
    inputs: ["prisma/schema", "prisma.config.ts", "package-lock.json"],
    outputs: ["server/platform/db/generated/client.ts"],
    make() {
      const env = { PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, PRISMA_HIDE_UPDATE_MESSAGE: "1", CHECKPOINT_DISABLE: "1" };
      return run("prisma generate", process.execPath, [inRoot("node_modules/prisma/build/index.js"), "generate"], env);
    },
  });
}

/** The control plane and its small companions: ES modules, packages from node_modules, the protocol bundled in. */
export function bundleServer() {
  const entries = ["main", "admin-reset", "ca-rotate", "backup", "restore"].filter((name) => existsSync(inRoot("server", `${name}.ts`)));
  return makeIfChanged({
    marker: "dist/.made/server",
    inputs: ["server", "protocol", "prisma/schema", ...manifests],
    outputs: ["dist/server.mjs"],
    async make() {
      const { build } = await import("esbuild");
      await build({
        absWorkingDir: inRoot(),
        entryPoints: entries.map((name) => ({ in: `server/${name}.ts`, out: name === "main" ? "server" : name })),
        outdir: "dist",
        outExtension: { ".js": ".mjs" },
        bundle: true,
        packages: "external",
        format: "esm",
        platform: "node",
        target: "node20",
        sourcemap: true,
        logLevel: "warning",
        tsconfig: "tsconfig.base.json",
      });
    },
  });
}

/** The agent as one file without node_modules, and its SHA-256: the control plane serves both to hosts. */
export function bundleAgent() {
  return makeIfChanged({
    marker: "dist/.made/agent",
    inputs: ["agent", "protocol", ...manifests],
    outputs: ["dist/agent.mjs", "dist/agent.mjs.sha256"],
    async make() {
      const { build } = await import("esbuild");
      await build({
        absWorkingDir: inRoot(),
        entryPoints: { agent: "agent/main.ts" },
        outdir: "dist",
        outExtension: { ".js": ".mjs" },
        bundle: true,
        format: "esm",
        platform: "node",
        target: "node20",
        minifySyntax: true,
        legalComments: "inline",
        logLevel: "warning",
        logOverride: { "require-resolve-not-external": "silent" },
        tsconfig: "tsconfig.base.json",
        // CommonJS packages inside expect these.
        banner: {
          js: 'import { createRequire as __createRequire } from "node:module"; import { dirname as __pathDirname } from "node:path"; import { fileURLToPath as __toPath } from "node:url"; const require = __createRequire(import.meta.url), __filename = __toPath(import.meta.url), __dirname = __pathDirname(__filename);',
        },
        plugins: [optionalNativeParts],
      });
      const file = inRoot("dist/agent.mjs");
      const digest = createHash("sha256").update(readFileSync(file)).digest("hex");
      writeFileSync(`${file}.sha256`, `${digest}  agent.mjs\n`);
    },
  });
}

/** Packages try these and go on without: left out, so that the file runs on any architecture. */
const optionalNativeParts = {
  name: "optional-native-parts",
  setup(build) {
    build.onResolve({ filter: /\.node$|^cpu-features$|^bufferutil$|^utf-8-validate$/ }, ({ path }) => ({ path, namespace: "absent" }));
    build.onLoad({ filter: /.*/, namespace: "absent" }, ({ path }) => ({
      contents: `throw Object.assign(new Error(${JSON.stringify(`${path} is not part of this bundle`)}), { code: "MODULE_NOT_FOUND" });`,
      loader: "js",
    }));
  },
};

/** The pages. */
export function buildPages() {
  return makeIfChanged({
    marker: ".next/berth-made",
    inputs: ["app", "protocol", "server", "public", "prisma/schema", "next.config.mjs", "postcss.config.mjs", ...manifests],
    outputs: [".next/BUILD_ID"],
    make: () =>
      run("next build", process.execPath, [inRoot("node_modules/next/dist/bin/next"), "build"], {
        NEXT_TELEMETRY_DISABLED: "1",
        NODE_ENV: "production",
      }),
  });
}

/** All of it; what is unchanged since the last time is left as it is. Throws `Refusal` with the failing tool's words. */
export async function buildAll() {
  const started = Date.now();
  let built = false;
  for (const [text, make] of [
    ["Generating the database client", generateClient],
    ["Bundling the control plane", bundleServer],
    ["Bundling the agent", bundleAgent],
    ["Building the pages (about half a minute)", buildPages],
  ]) {
    const shown = setTimeout(() => say.step(text), 300);
    try {
      built = (await make()) || built;
    } finally {
      clearTimeout(shown);
    }
  }
  if (built) say.done(`Built in ${duration(Date.now() - started)}`);
}

/** Builds client/dist: the client, its types for those who have nothing of this repository, and the command as one file. */
import { chmodSync } from "node:fs";
import { generateClient } from "./build.mjs";
import { makeIfChanged } from "./content-hash.mjs";
import { inRoot } from "./paths.mjs";

const manifests = [
  "package-lock.json",
  "tsconfig.base.json",
  "client/package.json",
  "scripts/lib/client-build.mjs",
  "scripts/lib/client-types.mjs",
];
/** Packages that are CommonJS expect these. */
const banner = 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);';

export async function buildClient() {
  await bundleClient();
  await generateClient();
  await makeClientTypes();
}

/** The client with its packages outside, and `berth` with everything inside. */
export function bundleClient() {
  return makeIfChanged({
    marker: "dist/.made/client",
    inputs: ["client", "protocol", ...manifests],
    outputs: ["client/dist/berth-client.mjs", "client/dist/berth.mjs"],
    async make() {
      const { build } = await import("esbuild");
      const common = {
        absWorkingDir: inRoot(),
        outdir: "client/dist",
        outExtension: { ".js": ".mjs" },
        bundle: true,
        format: "esm",
        platform: "node",
        target: "node20",
        logLevel: "warning",
        tsconfig: "tsconfig.base.json",
      };
      await build({ ...common, entryPoints: ["client/berth-client.ts"], packages: "external" });
      await build({
        ...common,
        entryPoints: { berth: "client/cli/main.ts" },
        external: ["bufferutil", "utf-8-validate"],
        minifySyntax: true,
        legalComments: "inline",
        banner: { js: `#!/usr/bin/env node\n${banner}` },
      });
      chmodSync(inRoot("client/dist/berth.mjs"), 0o755);
    },
  });
}

function makeClientTypes() {
  return makeIfChanged({
    marker: "dist/.made/client-types",
    inputs: ["client", "protocol", "server", "prisma/schema", ...manifests],
    outputs: ["client/dist/types/client/berth-client.d.ts"],
    async make() {
      const { writeClientTypes } = await import("./client-types.mjs");
      writeClientTypes();
    },
  });
}

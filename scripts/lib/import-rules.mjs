/** Checks who imports whom, and that the check still sees: a tool that quietly cruises nothing passes everything. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { cruise } from "dependency-cruiser";
import extractTSConfig from "dependency-cruiser/config-utl/extract-ts-config";
import config from "../../.dependency-cruiser.mjs";
import { inRoot } from "./paths.mjs";

const rooms = ["protocol", "server", "agent", "client", "app", "conformance"];

async function cruiseRooms(baseDir) {
  const present = rooms.filter((room) => readdirSync(baseDir).includes(room));
  const tsConfig = inRoot("tsconfig.base.json");
  const { enhancedResolveOptions, ...options } = config.options;
  const { output } = await cruise(
    present,
    { ...options, baseDir, validate: true, ruleSet: { forbidden: config.forbidden } },
    { ...enhancedResolveOptions, tsConfig },
    { tsConfig: extractTSConfig(tsConfig) },
  );
  return output;
}

/** Every source file of the rooms, as the checker should have seen them. */
export function sourceFiles(baseDir) {
  const found = [];
  const visit = (folder) => {
    for (const entry of readdirSync(join(baseDir, folder), { withFileTypes: true })) {
      if (["node_modules", "dist", "generated", ".next"].includes(entry.name)) continue;
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) visit(path);
      else if (/\.tsx?$/.test(entry.name) && !entry.name.endsWith(".d.ts")) found.push(path);
    }
  };
  for (const room of rooms) if (readdirSync(baseDir).includes(room)) visit(room);
  return found;
}

/** What is wrong, a line each: violations with the rule's reason, and files that were not looked at. */
export async function importProblems(baseDir = inRoot()) {
  const { modules, summary } = await cruiseRooms(baseDir);
  const seen = new Set(modules.map((module) => module.source));
  const reasons = new Map(config.forbidden.map((rule) => [rule.name, rule.comment]));
  return [
    ...summary.violations.map(({ rule, from, to }) => `${from} → ${to}\n    ${rule.name}: ${reasons.get(rule.name)}`),
    ...sourceFiles(baseDir)
      .filter((file) => !seen.has(file))
      .map((file) => `${file} was not looked at by the check of imports`),
  ];
}

/** For each rule an import that breaks it. */
const planted = {
  "no-circles": {
    "server/platform/a.ts": 'import { b } from "./b"; export const a = () => b;',
    "server/platform/b.ts": 'import { a } from "./a"; export const b = () => a;',
  },
  "no-unresolved": { "protocol/lost.ts": 'import { gone } from "./gone"; export const lost = gone;' },
  "protocol-imports-zod-only": { "protocol/heavy.ts": 'import { pg } from "pg"; export const heavy = pg;' },
  "platform-knows-no-nouns": {
    "server/platform/nosy.ts": 'import { things } from "../modules/things/things-service"; export const nosy = things;',
  },
  "modules-know-no-transport": { "server/modules/things/wired.ts": 'import { ws } from "ws"; export const wired = ws;' },
  "modules-keep-their-store": {
    "server/modules/others/thief.ts": 'import type { Store } from "../things/things-store"; export type Thief = Store;',
    "server/modules/others/part/thief.ts": 'import type { Store } from "../../things/part/part-store"; export type Thief = Store;',
  },
  "modules-meet-by-type": {
    "server/modules/others/close.ts": 'import { things } from "../things/things-service"; export const close = things;',
    "server/modules/others/part/close.ts": 'import { part } from "../../things/part/part-service"; export const close = part;',
  },
  "modules-reach-the-database-by-stores": { "server/modules/others/direct.ts": 'import { pg } from "pg"; export const direct = pg;' },
  "channel-knows-no-nouns": {
    "server/channel/knowing.ts": 'import { things } from "../modules/things/things-service"; export const knowing = things;',
  },
  "tunnel-knows-no-nouns": {
    "server/tunnel/knowing.ts": 'import type { Store } from "../modules/things/things-store"; export type Knowing = Store;',
  },
  "agent-stands-alone": {
    "agent/leaning.ts": 'import { things } from "../server/modules/things/things-service"; export const leaning = things;',
  },
  "client-speaks-trpc": {
    "client/knowing.ts": 'import type { Store } from "../server/modules/things/things-store"; export type Knowing = Store;',
  },
  "conformance-knows-the-protocol-alone": {
    "conformance/copying.ts": 'import { things } from "../server/modules/things/things-service"; export const copying = things;',
  },
  "app-speaks-trpc": { "app/page.tsx": 'import { pg } from "pg"; export const page = pg;' },
  "app-types-of-the-router-only": {
    "app/typed.tsx": 'import type { Store } from "../server/modules/things/things-store"; export type Typed = Store;',
  },
  "every-page-goes-without-zod": {
    "app/live/heavy.ts": 'import { z } from "zod"; export const heavy = z;',
  },
  "runtime-slot-where-requests-arrive": {
    "app/eager.tsx": 'import { runtime } from "../server/runtime-slot"; export const eager = runtime;',
  },
  "server-knows-no-pages": { "server/http/backwards.ts": 'import { fine } from "../../app/fine"; export const backwards = fine;' },
  "tests-stay-tests": { "server/http/tested.ts": 'import { fake } from "../testing/fake"; export const tested = fake;' },
};

const surroundings = {
  "server/modules/things/things-service.ts": "export const things = 1;",
  "server/modules/things/things-store.ts": "export interface Store { one: 1 }",
  "server/modules/things/part/part-service.ts": "export const part = 1;",
  "server/modules/things/part/part-store.ts": "export interface Store { one: 1 }",
  "server/runtime-slot.ts": "export const runtime = 1;",
  "server/testing/fake.ts": "export const fake = 1;",
  "app/fine.tsx": "export const fine = 1;",
  "node_modules/pg/package.json": '{ "name": "pg", "main": "index.js" }',
  "node_modules/pg/index.js": "exports.pg = 1;",
  "node_modules/ws/package.json": '{ "name": "ws", "main": "index.js" }',
  "node_modules/ws/index.js": "exports.ws = 1;",
  "node_modules/zod/package.json": '{ "name": "zod", "main": "index.js" }',
  "node_modules/zod/index.js": "exports.z = 1;",
};

/** Rules that don't find their planted violation, or that have none: empty when the check sees everything. */
export async function blindRules() {
  const folder = mkdtempSync(join(tmpdir(), "berth-imports-"));
  try {
    for (const files of [surroundings, ...Object.values(planted)]) {
      for (const [path, text] of Object.entries(files)) {
        mkdirSync(dirname(join(folder, path)), { recursive: true });
        writeFileSync(join(folder, path), text);
      }
    }
    const { summary } = await cruiseRooms(folder);
    const finds = (name, file) => summary.violations.some(({ rule, from }) => rule.name === name && from === file);
    // A circle is told of one of its files.
    const caught = (name) => {
      const files = Object.keys(planted[name] ?? {});
      return name === "no-circles" ? files.some((file) => finds(name, file)) : files.length > 0 && files.every((file) => finds(name, file));
    };
    return config.forbidden.map((rule) => rule.name).filter((name) => !caught(name));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

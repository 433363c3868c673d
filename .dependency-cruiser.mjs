/** Who may import whom, with the reason for each rule: the table of docs/architecture.md. Each rule has a planted violation in scripts/lib/import-rules.mjs. */

const tests = "\\.(test|e2e)\\.tsx?$|-contract\\.ts$|^server/testing/|^agent/testing/|^client/testing/";
const source = (rooms, not = "") => ({ path: rooms, pathNot: not ? `${tests}|${not}` : tests });
const rule = (name, comment, from, to) => ({ name, comment, severity: "error", from, to });

/** Every part of the server that knows nouns or transports. */
const serverParts = "^server/(http|rest|trpc|channel|tunnel|modules)/";

/** @type {import("dependency-cruiser").IConfiguration} */
export default {
  forbidden: [
    rule(
      "no-circles",
      "Two files that import each other can't be understood, tested or loaded one at a time.",
      {},
      { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    ),
    rule("no-unresolved", "It is not there.", { pathNot: tests }, { couldNotResolve: true, pathNot: "^server-only$" }),
    rule("protocol-imports-zod-only", "Both programs ship it; it must stay small and run anywhere.", source("^protocol/"), {
      pathNot: "^protocol/|node_modules/zod/",
    }),
    rule("platform-knows-no-nouns", "Every module stands on it: it must not stand on them.", source("^server/platform/"), {
      path: `${serverParts}|^app/|^agent/`,
    }),
    rule("modules-know-no-transport", "A use case is the same by tRPC, REST or a socket.", source("^server/modules/"), {
      path: "^server/(channel|tunnel|http|rest)/|^app/|^agent/|node_modules/(ws|next|next-auth|react)/",
      // Reading the cookie that next-auth wrote; nothing of its request handling.
      pathNot: "node_modules/next-auth/jwt",
    }),
    rule(
      "modules-keep-their-store",
      "A module's rows are read and written by that module alone.",
      { ...source("^server/modules/([^/]+)/") },
      {
        path: "^server/modules/.+-store",
        pathNot: "^server/modules/$1/",
      },
    ),
    rule(
      "modules-meet-by-type",
      "Of another module: its schema, and types that the composition root fills.",
      source("^server/modules/([^/]+)/", "-router\\.ts$"),
      {
        path: "^server/modules/.+-(service|inbox|jobs|router)",
        pathNot: "^server/modules/$1/",
        dependencyTypesNot: ["type-only"],
      },
    ),
    rule(
      "modules-reach-the-database-by-stores",
      "SQL in one place for each noun.",
      source("^server/modules/", "-(store|service|jobs)\\.ts$"),
      {
        path: "^server/platform/db/|node_modules/(@prisma|pg)/",
        dependencyTypesNot: ["type-only"],
      },
    ),
    rule("channel-knows-no-nouns", "Sockets and messages; what they mean is the modules' business.", source("^server/channel/"), {
      path: "^server/(modules|tunnel|http|rest|trpc|platform/db)/|^app/|^agent/|node_modules/(@prisma|pg|next)/",
    }),
    rule("tunnel-knows-no-nouns", "Bytes; who may have them is decided through a port.", source("^server/tunnel/"), {
      path: "^server/(modules|channel|rest|trpc|platform/db)/|^app/|^agent/|node_modules/(@prisma|pg|next)/",
    }),
    rule("agent-stands-alone", "It is shipped as one file to hosts that have nothing of the control plane.", source("^agent/"), {
      path: "^server/|^app/|^prisma/",
      dependencyTypesNot: ["type-only"],
    }),
    rule(
      "client-speaks-trpc",
      "It goes to machines that have nothing of this repository: of the server it knows the router's type.",
      source("^client/"),
      { path: "^(server|app|agent|prisma)/", pathNot: "^server/trpc/app-router\\.ts$" },
    ),
    rule(
      "conformance-knows-the-protocol-alone",
      "It must not share the mistakes of either program: it holds both against what is written.",
      source("^conformance/"),
      { path: "^(server|agent|client|app|prisma)/" },
    ),
    rule("app-speaks-trpc", "The pages know no database, no services and no sockets of their own.", source("^app/"), {
      path: "^server/|^agent/|^prisma/|node_modules/(ws|pg|@prisma)/",
      pathNot: "-(schema|codes)\\.ts$|^server/runtime-slot\\.ts$",
      dependencyTypesNot: ["type-only"],
    }),
    rule("app-types-of-the-router-only", "The router's type is the pages' whole view of the server.", source("^app/"), {
      path: "^server/",
      pathNot: "-(schema|codes)\\.ts$|^server/(runtime-slot|trpc/app-router)\\.ts$",
    }),
    rule(
      "every-page-goes-without-zod",
      "What every page loads must stay small: zod alone is 30 KB of it. A form that checks with a schema loads it by itself.",
      source("^app/(trpc|live|errors|account|theme|format|components/(shell|data|controls|feedback))/"),
      {
        path: "-schema\\.ts$|^protocol/(?!quantity-text|session-policy-fields|agent-wish-text)|node_modules/zod/",
        dependencyTypesNot: ["type-only"],
      },
    ),
    rule(
      "runtime-slot-where-requests-arrive",
      "Pages get data through tRPC; only route handlers and the server-side caller need the runtime.",
      source("^app/", "^app/api/|^app/server-caller\\.ts$"),
      {
        path: "^server/runtime-slot\\.ts$",
      },
    ),
    rule("server-knows-no-pages", "The control plane serves the pages; it never needs one.", source("^server/"), { path: "^app/" }),
    rule(
      "tests-stay-tests",
      "What ships must not depend on what tests.",
      { path: "^(server|agent|client|app|protocol|conformance)/", pathNot: tests },
      { path: tests },
    ),
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(^|/)(dist|\\.next)/|server/platform/db/generated/(internal|models)" },
    tsPreCompilationDeps: "specify",
    combinedDependencies: true,
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "types", "node", "default"],
      mainFields: ["module", "main", "types"],
    },
  },
};

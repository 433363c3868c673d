/**
 * Declarations of the client that need nothing of the server's: the router's type with every input and output written out, and what the
 * client's own files import of the protocol.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import ts from "typescript";
import { inRoot } from "./paths.mjs";
import { Refusal } from "./say.mjs";

const entry = "client/berth-client";
const router = "server/trpc/app-router";
const out = "client/dist/types";

/** What of the server's is left in the router's type says how it is served: nothing that a caller has to do with. */
const inside = /import\("\.\/(?:context|init)"\)\.\w+/g;

export function writeClientTypes() {
  const config = ts.readConfigFile(inRoot("tsconfig.base.json"), ts.sys.readFile).config;
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, inRoot());
  const program = ts.createProgram([inRoot(`${entry}.ts`)], {
    ...options,
    lib: ["lib.es2023.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    noErrorTruncation: true,
  });
  rmSync(inRoot(out), { recursive: true, force: true });
  const written = new Set();
  const wanted = [entry];
  for (let path = wanted.pop(); path; path = wanted.pop()) {
    if (written.has(path)) continue;
    written.add(path);
    const text = path === router ? routerOnly(declarationOf(program, path)) : declarationOf(program, path);
    const file = inRoot(out, `${path}.d.ts`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(
      file,
      text.replace(/(from |import\()"(\.{1,2}\/[^"]+|@berth\/protocol\/[^"]+)"/g, (_, before, specifier) => {
        const target = specifier.startsWith("@berth/") ? specifier.slice("@berth/".length) : join(dirname(path), specifier);
        wanted.push(target);
        const way = relative(dirname(path), target);
        return `${before}"${way.startsWith(".") ? way : `./${way}`}.js"`;
      }),
    );
  }
}

function declarationOf(program, path) {
  let text = null;
  const { diagnostics } = program.emit(
    program.getSourceFile(inRoot(`${path}.ts`)),
    (_, content) => {
      text = content;
    },
    undefined,
    true,
  );
  if (text === null || diagnostics.length > 0) {
    throw new Refusal(`The types of ${path} could not be written: ${ts.formatDiagnostics(diagnostics, ts.createCompilerHost({}))}`);
  }
  return text;
}

function routerOnly(text) {
  const start = text.indexOf("export declare const appRouter");
  const end = text.indexOf("export type AppRouter");
  if (start < 0 || end < start) throw new Refusal("The router's declaration does not look as it did; see scripts/lib/client-types.mjs");
  const type = text.slice(start, end).replace(inside, "object");
  return `${type}export type AppRouter = typeof appRouter;\n`;
}

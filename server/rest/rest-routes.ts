import type { AnyTRPCRouter } from "@trpc/server";
import { z } from "zod";
import type { ProcedureMeta, RestRoute } from "../trpc/init";

/** Where the procedures of a surface are. */
export const surfacePaths = { api: "/api/v1", containers: "/v1/agents" } as const;
export type Surface = keyof typeof surfacePaths;
/** The case of fields: the contract of containers speaks camelCase, that of agents too, as its procedures say. */
export const keysOf = { api: "snake", containers: "camel" } as const satisfies Record<Surface, string>;

/** One procedure as it is served over REST. */
export interface ServedProcedure {
  /** Its name in the router: `sessions.create`. */
  readonly procedure: string;
  readonly type: "query" | "mutation";
  readonly route: RestRoute;
  /** No API token may call it. */
  readonly peopleOnly: boolean;
  readonly input: z.core.$ZodType | null;
  readonly output: z.core.$ZodType | null;
  readonly segments: readonly string[];
  readonly surface: Surface;
  readonly keys: "snake" | "camel";
}

const metaSchema: z.ZodType<ProcedureMeta> = z.object({
  peopleOnly: z.boolean().optional(),
  rest: z
    .object({
      surface: z.enum(["api", "containers"]).optional(),
      method: z.enum(["GET", "POST", "PATCH", "PUT", "DELETE"]),
      path: z.templateLiteral(["/", z.string()]),
      status: z.union([z.literal(200), z.literal(201), z.literal(202), z.literal(204)]).optional(),
      keys: z.enum(["snake", "camel"]).optional(),
      summary: z.string(),
      refusals: z.array(z.union([z.literal(409), z.literal(412), z.literal(502), z.literal(504)])).optional(),
      credential: z.enum(["none", "registration token"]).optional(),
      shared: z.boolean().optional(),
      example: z.record(z.string(), z.unknown()).optional(),
    })
    .optional(),
});
const procedureDef = z.object({
  type: z.enum(["query", "mutation", "subscription"]),
  meta: metaSchema.optional(),
  inputs: z.array(z.instanceof(z.ZodType)),
  output: z.instanceof(z.ZodType).optional(),
});

const segmentsOf = (path: string): string[] => path.split("/").filter(Boolean);
const isParameter = (segment: string): boolean => segment.startsWith("{");

/** Every procedure of the router that has `meta.rest` on that surface. Throws when two have the same method and path. */
export function servedProcedures(router: AnyTRPCRouter, surface: Surface = "api"): ServedProcedure[] {
  const served: ServedProcedure[] = [];
  for (const [procedure, { _def }] of Object.entries<{ _def: unknown }>(router._def.procedures)) {
    const def = procedureDef.parse(_def);
    if (!def.meta?.rest || def.type === "subscription") continue;
    const route = def.meta.rest;
    if ((route.surface ?? "api") !== surface) continue;
    const shape = `${route.method} ${segmentsOf(route.path)
      .map((part) => (isParameter(part) ? "{}" : part))
      .join("/")}`;
    const twin = served.find(
      (other) => `${other.route.method} ${other.segments.map((part) => (isParameter(part) ? "{}" : part)).join("/")}` === shape,
    );
    if (twin) throw new Error(`${procedure} and ${twin.procedure} are both served at ${route.method} ${route.path}`);
    served.push({
      procedure,
      type: def.type,
      route,
      peopleOnly: def.meta.peopleOnly === true,
      input: def.inputs[0] ?? null,
      output: def.output ?? null,
      segments: segmentsOf(route.path),
      surface,
      keys: route.keys ?? keysOf[surface],
    });
  }
  return served;
}

export type RouteMatch =
  | { readonly found: "procedure"; readonly served: ServedProcedure; readonly parameters: Record<string, string> }
  | { readonly found: "other methods"; readonly allow: readonly string[] }
  | { readonly found: "nothing" };

/** Finds what serves a request; a written segment wins over a parameter (`/agents/stats` over `/agents/{id}`). */
export function matchRoute(all: readonly ServedProcedure[], method: string, path: string): RouteMatch {
  const parts = path.split("/").filter((part) => part !== "");
  const fitting = candidates(all, parts)
    .map((served) => ({ served, parameters: parametersOf(served.segments, parts) }))
    .filter((match): match is { served: ServedProcedure; parameters: Record<string, string> } => match.parameters !== null);
  const fewest = Math.min(...fitting.map((match) => Object.keys(match.parameters).length));
  const best = fitting.filter((match) => Object.keys(match.parameters).length === fewest);
  if (best.length === 0) return { found: "nothing" };
  const chosen = best.find((match) => match.served.route.method === method);
  if (chosen) return { found: "procedure", ...chosen };
  return { found: "other methods", allow: [...new Set(best.map((match) => match.served.route.method))].sort() };
}

/** By how many segments they have and which is the first: of two hundred there are a handful. */
const indexes = new WeakMap<readonly ServedProcedure[], Map<string, ServedProcedure[]>>();
const indexKey = (segments: readonly string[], first: string | undefined): string => `${segments.length} ${first ?? ""}`;

function candidates(all: readonly ServedProcedure[], parts: readonly string[]): ServedProcedure[] {
  let index = indexes.get(all);
  if (!index) {
    index = new Map();
    for (const served of all) {
      const [first] = served.segments;
      const key = indexKey(served.segments, first !== undefined && isParameter(first) ? "{}" : first);
      index.set(key, [...(index.get(key) ?? []), served]);
    }
    indexes.set(all, index);
  }
  return [...(index.get(indexKey(parts, parts[0])) ?? []), ...(index.get(indexKey(parts, "{}")) ?? [])];
}

function parametersOf(segments: readonly string[], parts: readonly string[]): Record<string, string> | null {
  if (segments.length !== parts.length) return null;
  const parameters: Record<string, string> = {};
  for (const [at, segment] of segments.entries()) {
    const part = parts[at] ?? "";
    if (!isParameter(segment)) {
      if (segment !== part) return null;
      continue;
    }
    try {
      parameters[segment.slice(1, -1)] = decodeURIComponent(part);
    } catch {
      return null;
    }
  }
  return parameters;
}

import type { z } from "zod";
import { ASKS_AGENT } from "../trpc/init";
import type { AgentPath } from "./agent-paths";
import { snakeCase } from "./key-case";
import { answerParts } from "./openapi-errors";
import { keysOf, type ServedProcedure, type Surface, surfacePaths } from "./rest-routes";
import { type JsonSchema, wireSchema, withoutFields } from "./wire-schema";

/** Beyond these, what an operation may answer follows from what it takes: see `refusals`. */
const ANY_REQUEST = [400, 403, 429, 500, 503] as const;

export interface OpenApiOperation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description?: string;
  readonly security: readonly Record<string, readonly string[]>[];
  readonly parameters?: readonly OpenApiParameter[];
  readonly requestBody?: { readonly required: boolean; readonly content: Content };
  readonly responses: Readonly<Record<string, OpenApiResponse | { readonly $ref: string }>>;
}
export interface OpenApiParameter {
  readonly name: string;
  readonly in: "path" | "query";
  readonly required: boolean;
  readonly schema: JsonSchema;
  /** Lists are written with commas. */
  readonly style?: "form";
  readonly explode?: false;
}
export interface OpenApiResponse {
  readonly description: string;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly content?: Content;
}
/** By media type. */
type Content = Readonly<Record<string, { readonly schema: JsonSchema; readonly example?: unknown }>>;
/** At a path of its own, which no procedure answers. */
export interface OwnPath {
  readonly path: string;
  readonly method: "get" | "put" | "delete";
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  /** Of its path and query. */
  readonly input: z.core.$ZodType;
  readonly body?: Content;
  /** By status; null has no body. */
  readonly answers: Readonly<Record<number, Content | null>>;
  /** Beside what anybody's request may be refused with. */
  readonly refusals?: readonly number[];
}
export interface OpenApiDocument {
  readonly openapi: "3.1.0";
  readonly info: {
    readonly title: string;
    readonly version: string;
    readonly description: string;
    readonly license: { readonly name: string; readonly identifier: string };
  };
  readonly servers: readonly { readonly url: string }[];
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>;
  readonly components: {
    readonly securitySchemes: Readonly<Record<string, unknown>>;
    readonly headers: Readonly<Record<string, unknown>>;
    readonly responses: Readonly<Record<string, OpenApiResponse>>;
    readonly schemas: Readonly<Record<string, JsonSchema>>;
  };
}

const token = {
  type: "http",
  scheme: "bearer",
  description:
    "The `token` that POST /api/v1/auth/login answers, good for a day, or an API token (`berth_…`). With the scope `read` an API token may send GET alone; with `write` it does nothing that asks for an administrator.",
};
const agentCredentials = {
  agentCertificate: {
    type: "mutualTLS",
    description: "An agent's certificate, on the port that asks for it. Whose it is must be the agent of the path (403).",
  },
  agentProof: {
    type: "http",
    scheme: "bearer",
    bearerFormat: "JWT",
    description:
      "Where no certificate is asked for: a JWT for this one request, signed with the key of the agent's certificate, as docs/agent-contract.md says.",
  },
  registrationToken: { type: "apiKey", in: "header", name: "X-Agent-Token", description: "A one-time token made for a new agent." },
};

const AGENT_REFUSALS = [...ANY_REQUEST, 401, 404, 405] as const;

interface DocumentOptions {
  /** Default `api`. */
  readonly surface?: Surface;
  /** Where people reach this control plane. */
  readonly url: string;
  readonly version: string;
  readonly ownPaths?: readonly OwnPath[];
  readonly agentPaths?: readonly AgentPath[];
}

const about: Readonly<Record<Surface, string>> = {
  api: "Sessions, templates, agents and people of one Berth. The web pages and the typed client use the same procedures.",
  containers: "What goes on inside a session's container, which is named by the session's id. Fields are in camelCase.",
};

/** The contract of a surface as OpenAPI 3.1, made from the procedures that serve it. */
export function openApiDocument(
  served: readonly ServedProcedure[],
  { surface = "api", url, version, ownPaths = [], agentPaths = [] }: DocumentOptions,
): OpenApiDocument {
  const paths: Record<string, Record<string, OpenApiOperation>> = {};
  for (const one of served) {
    const methods = paths[one.route.path] ?? {};
    methods[one.route.method.toLowerCase()] = operation(one);
    paths[one.route.path] = methods;
  }
  for (const one of ownPaths) paths[one.path] = { ...paths[one.path], [one.method]: ownOperation(one, surface) };
  for (const one of agentPaths) paths[one.path] = { ...paths[one.path], [one.method]: agentOperation(one) };
  return {
    openapi: "3.1.0",
    info: {
      title: "Berth",
      version,
      description: about[surface],
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: `${url}${surfacePaths[surface]}` }],
    tags: [...new Set(Object.values(paths).flatMap((methods) => Object.values(methods).flatMap(({ tags }) => tags)))].map((name) => ({
      name,
    })),
    paths,
    components: {
      securitySchemes: surface === "api" ? { token, ...agentCredentials } : { token },
      ...answerParts[surface].components,
    },
  };
}

function ownOperation(
  { path, operationId, summary, description, input, body, answers, refusals: more = [] }: OwnPath,
  surface: Surface,
): OpenApiOperation {
  const refused = [...ANY_REQUEST, 401, ...more].map((status) => [status, { $ref: `#/components/responses/Error${status}` }]);
  const keys = keysOf[surface];
  const { inPath, others } = parametersOf(path, wireSchema(input, "input", keys), keys);
  const { headers } = answerParts[surface];
  const answered = Object.entries(answers).map(([status, content]): [string, OpenApiResponse] => {
    return [status, { description: content ? "As asked" : "Done", headers, ...(content && { content }) }];
  });
  return {
    operationId,
    tags: [operationId.split(".")[0] ?? operationId],
    summary,
    ...(description !== undefined && { description }),
    security: [{ token: [] }],
    parameters: [...inPath, ...queryOf(others)],
    ...(body && { requestBody: { required: true, content: body } }),
    responses: Object.fromEntries([...answered, ...refused]),
  };
}

const namesIn = (path: string): string[] => [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);

/** Of what an operation takes: what its path says, and the schema of the others. */
function parametersOf(path: string, takes: JsonSchema, keys: "snake" | "camel"): { inPath: OpenApiParameter[]; others: JsonSchema } {
  const said = new Map(namesIn(path).map((name) => [name, keys === "camel" ? name : snakeCase(name)]));
  return {
    inPath: [...said].map(([name, wireName]) => ({ name, in: "path", required: true, schema: fieldOf(takes, wireName) })),
    others: withoutFields(takes, new Set(said.values())),
  };
}

function agentOperation({ path, operationId, summary, body, answer, refusals: more = [] }: AgentPath): OpenApiOperation {
  const statuses = [...AGENT_REFUSALS, ...more, ...(body ? [413, 415] : [])].sort();
  const schema = body && wireSchema(body, "input", "camel");
  return {
    operationId,
    tags: ["agent"],
    summary,
    description: "For the agent itself, by its own credential. `{id}` is its UUID or its `agent_id`.",
    security: [{ agentCertificate: [] }, { agentProof: [] }],
    parameters: namesIn(path).map((name) => ({
      name,
      in: "path",
      required: true,
      schema: { type: "string", pattern: "^[A-Za-z0-9._~-]{1,200}$" },
    })),
    ...(schema && { requestBody: { required: false, content: { "application/json": { schema } } } }),
    responses: {
      200: {
        description: "As asked",
        headers: answerParts.api.headers,
        content: { "application/json": { schema: wireSchema(answer, "output", "camel") } },
      },
      ...Object.fromEntries(statuses.map((status) => [status, { $ref: `#/components/responses/Error${status}` }])),
    },
  };
}

const tagOf = ({ procedure }: ServedProcedure): string => procedure.split(".")[0] ?? procedure;

function operation(served: ServedProcedure): OpenApiOperation {
  const { procedure, route, input, keys } = served;
  const takes: JsonSchema = input ? wireSchema(input, "input", keys) : {};
  const { inPath, others } = parametersOf(route.path, takes, keys);
  const byQuery = route.method === "GET" || route.method === "DELETE";
  const parameters = [...inPath, ...(byQuery ? queryOf(others) : [])];
  const body = byQuery || !input ? null : others;
  const hasBody = body !== null && (body.type !== "object" || Object.keys(body.properties ?? {}).length > 0);
  return {
    operationId: procedure,
    tags: [tagOf(served)],
    summary: route.summary,
    ...(served.peopleOnly && { description: "For a person who signed in: an API token may not." }),
    security: route.credential === "none" ? [] : route.credential === "registration token" ? [{ registrationToken: [] }] : [{ token: [] }],
    ...(parameters.length > 0 && { parameters }),
    ...(hasBody && {
      requestBody: {
        required: (body.required ?? []).length > 0,
        content: { "application/json": { schema: body, ...(route.example !== undefined && { example: route.example }) } },
      },
    }),
    responses: { ...success(served), ...refusals(served, byQuery) },
  };
}

function fieldOf(object: JsonSchema, name: string): JsonSchema {
  const field = object.properties?.[name];
  return typeof field === "object" ? field : { type: "string" };
}

function queryOf(object: JsonSchema): OpenApiParameter[] {
  return Object.keys(object.properties ?? {}).map((name) => {
    const schema = fieldOf(object, name);
    const list = schema.type === "array" ? ({ style: "form", explode: false } as const) : {};
    return { name, in: "query", required: object.required?.includes(name) === true && schema.default === undefined, schema, ...list };
  });
}

function success({ route, output, keys, surface }: ServedProcedure): Record<string, OpenApiResponse> {
  const status = route.status ?? 200;
  const { headers } = answerParts[surface];
  if (status === 204 || !output) return { [status]: { description: "Done", headers } };
  const schema = wireSchema(output, "output", keys);
  const description = { 200: "As asked", 201: "Made", 202: "Accepted; the work goes on" }[status];
  return { [status]: { description, headers, content: { "application/json": { schema } } } };
}

/** By what the operation takes: something by its path may not be there, a body may be of a wrong kind, a change may meet another. */
function refusals(served: ServedProcedure, byQuery: boolean): Record<string, { $ref: string }> {
  const { route, segments } = served;
  const statuses = new Set<number>([...ANY_REQUEST, ...(route.refusals ?? [])]);
  if (route.credential !== "none" || served.procedure.startsWith("auth.")) statuses.add(401);
  if (segments.some((part) => part.startsWith("{"))) statuses.add(404);
  if (!byQuery) for (const status of [413, 415]) statuses.add(status);
  if (served.type === "mutation") for (const status of ASKS_AGENT) statuses.add(status);
  return Object.fromEntries([...statuses].sort().map((status) => [status, { $ref: `#/components/responses/Error${status}` }]));
}

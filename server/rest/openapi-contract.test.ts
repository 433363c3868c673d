import Ajv2020 from "ajv/dist/2020";
import addFormats from "ajv-formats";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ArbitraryRequest, arbitraryRequests } from "../testing/arbitrary-request";
import { type Answer, askDoor } from "../testing/door-calls";
import { type DoorKit, startDoorKit } from "../testing/door-kit";
import { makeAsker, PASSWORD } from "../testing/factories";
import type { OpenApiDocument, OpenApiResponse } from "./openapi-document";
import { type Surface, surfacePaths } from "./rest-routes";

/** `npm run test:contract` asks for thousands. */
const CASES = Number(process.env.BERTH_CONTRACT_CASES ?? 250);
const SEED = Number(process.env.BERTH_CONTRACT_SEED ?? 20261122);
const A_CASE_MS = 400;

const contractRoutes = [
  "POST /{containerId}/restart",
  "POST /{containerId}/stop",
  "POST /{containerId}/start",
  "POST /{containerId}/update-version",
  "GET /{containerId}/versions",
  "GET /{containerId}/files",
  "GET /{containerId}/files/{path}",
  "PUT /{containerId}/files/{path}",
  "DELETE /{containerId}/files/{path}",
  "GET /health",
  "GET /{containerId}/health",
  "GET /{containerId}/stats",
  "GET /{containerId}/logs",
  "GET /{containerId}/env",
  "PATCH /{containerId}/env",
];

let kit: DoorKit;
let document: OpenApiDocument;
let sessionId: string;
const ajv = addFormats(new Ajv2020({ strict: false, allErrors: true, validateFormats: true }));
const roles = ["admin", "user"] as const;
const surfaces = ["api", "containers"] as const satisfies Surface[];
/** Logins, until a request ends them. */
let signedIn = 0;
const tokens = new Map<(typeof roles)[number], string>();

beforeAll(async () => {
  kit = await startDoorKit({ loginsPerMinute: 10_000 });
  document = kit.doors.documents.api;
  for (const surface of surfaces) ajv.addSchema({ $id: surface, ...kit.doors.documents[surface] });
  await kit.connectAgent("host-a");
  const owner = await makeAsker(kit, "admin");
  sessionId = (await kit.callerOf(owner).sessions.create({ template: "scratchpad", state: "hibernated" })).id;
});
afterAll(() => kit.close());

describe("the document of the API", () => {
  it.each([
    ["api", "/api/v1/openapi.json"],
    ["containers", "/v1/openapi.json"],
  ] as const)("of %s is served to anyone, at %s", async (surface, path) => {
    const answer = await askDoor(kit.port, { method: "GET", path });
    expect([answer.status, answer.headers["access-control-allow-origin"]]).toEqual([200, "*"]);
    expect(JSON.parse(answer.text)).toEqual(JSON.parse(JSON.stringify(kit.doors.documents[surface])));
  });

  it("of containers has every route of their contract, its fields in camelCase and its errors in two words", () => {
    const { paths, components, servers } = kit.doors.documents.containers;
    const routes = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(routes).toEqual(expect.arrayContaining(contractRoutes));
    expect(servers[0]?.url).toMatch(/\/v1\/agents$/);
    expect(Object.keys(paths["/{containerId}/files"]?.get?.responses ?? {})).toEqual(expect.arrayContaining(["200", "403", "404"]));
    expect(paths["/{containerId}/env"]?.get?.parameters?.map(({ name }) => name)).toContain("containerId");
    // Against lost updates: what random requests hardly meet.
    expect(Object.keys(paths["/{containerId}/env"]?.patch?.responses ?? {})).toContain("412");
    expect(components.schemas.Error?.required).toEqual(["error", "message"]);
  });

  it("names every field as it is sent, and says in words what each operation does", () => {
    const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));
    expect(operations.length).toBeGreaterThan(60);
    expect(operations.filter(({ summary }) => summary.length < 5).map(({ operationId }) => operationId)).toEqual([]);
    const exported = document.paths["/audit/export"]?.get;
    expect(exported?.parameters?.map(({ name }) => name)).toEqual(expect.arrayContaining(["format", "result", "target_kind"]));
    expect(exported?.responses[200]).toMatchObject({ content: { "text/csv": {}, "application/x-ndjson": { schema: { type: "object" } } } });
    const create = document.paths["/sessions"]?.post;
    expect(Object.keys(create?.requestBody?.content["application/json"]?.schema.properties ?? {})).toContain("persistent_home");
    expect(create?.responses[202]).toBeDefined();
    expect(document.paths["/sessions"]?.get?.parameters?.find(({ name }) => name === "sort")?.schema.enum).toContain("created_at");
    expect(
      Object.keys(document.paths["/agents/register"]?.post?.requestBody?.content["application/json"]?.schema.properties ?? {}),
    ).toContain("capabilities");
  });

  it("has what agents ask for themselves, by their certificate or a proof", () => {
    for (const path of ["/agents/{id}/heartbeat", "/agents/{id}/certificate"]) {
      const operation = document.paths[path]?.post;
      expect(operation?.security).toEqual([{ agentCertificate: [] }, { agentProof: [] }]);
      expect(Object.keys(operation?.requestBody?.content["application/json"]?.schema.properties ?? {})).toContain("csr");
    }
    expect(Object.keys(document.paths["/agents/{id}"] ?? {}).sort()).toEqual(["delete", "get", "patch", "put"]);
  });

  it("asks for nothing twice: what the path says is in no body and no query", () => {
    const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    const twice = Object.values(document.paths)
      .flatMap((methods) => Object.values(methods))
      .flatMap(({ operationId, parameters = [], requestBody }) => {
        const inPath = parameters.filter((one) => one.in === "path").flatMap(({ name }) => [name, snake(name)]);
        const elsewhere = [
          ...parameters.filter((one) => one.in === "query").map(({ name }) => name),
          ...Object.keys(requestBody?.content["application/json"]?.schema.properties ?? {}),
        ];
        return elsewhere.filter((name) => inPath.includes(name)).map((name) => `${operationId}: ${name}`);
      });
    expect(twice).toEqual([]);
  });

  it("lists every group that an operation is in: whoever goes by groups sees all", () => {
    const groups = document.tags.map(({ name }) => name);
    const used = Object.values(document.paths).flatMap((methods) => Object.values(methods).flatMap(({ tags }) => tags));
    expect([...groups].sort()).toEqual([...new Set(used)].sort());
  });

  it("has what is sent and answered as a stream, with its media types", () => {
    expect(Object.keys(document.paths["/sessions/{id}/archive/{path}"] ?? {}).sort()).toEqual(["get", "put"]);
    expect(Object.keys(document.paths["/sessions/{id}/uploads/{upload}/{path}"] ?? {}).sort()).toEqual(["delete", "get", "put"]);
    const logs = document.paths["/sessions/{id}/logs/stream"]?.get;
    expect(logs?.responses[200]).toMatchObject({ content: { "text/event-stream": {}, "text/plain": {} } });
    expect(logs?.parameters?.map(({ name }) => name)).toEqual(expect.arrayContaining(["id", "tail", "since", "format"]));
  });

  it("has examples that its own schemas take", () => {
    const wrong = Object.values(document.paths)
      .flatMap((methods) => Object.values(methods))
      .flatMap(({ operationId, requestBody }) => {
        const content = requestBody?.content["application/json"];
        if (content?.example === undefined) return [];
        return ajv.validate(content.schema, content.example) ? [] : [`${operationId}: ${ajv.errorsText()}`];
      });
    expect(wrong).toEqual([]);
  });
});

describe("requests that the document allows, and ones that it nearly does", () => {
  it.each(surfaces)(
    `are answered as the one of %s says, and never by a fault of ours: ${CASES} of them`,
    async (surface) => {
      const described = kit.doors.documents[surface];
      const known = [sessionId, "host-a", "scratchpad", "admin", "00000000-0000-4000-8000-000000000000"] as const;
      let turn = 0;
      await fc.assert(
        fc.asyncProperty(arbitraryRequests(described, [...known]), async (request) => {
          turn += 1;
          const role = turn % 3 === 0 ? "user" : "admin";
          const headers: Record<string, string> = turn % 11 === 0 ? {} : { authorization: `Bearer ${await tokenOf(role)}` };
          const answer = await askDoor(kit.port, {
            method: request.method,
            path: `${surfacePaths[surface]}${request.path}`,
            body: request.body,
            headers,
          });
          if (answer.status === 401) tokens.delete(role);
          expect(complaint(surface, request, answer)).toBeNull();
        }),
        { numRuns: CASES, seed: SEED, endOnFailure: true },
      );
    },
    Math.max(60_000, CASES * A_CASE_MS),
  );
});

async function tokenOf(role: (typeof roles)[number]): Promise<string> {
  const held = tokens.get(role);
  if (held) return held;
  const { username } = await makeAsker(kit, role);
  signedIn += 1;
  // Sign-ins are limited by address.
  const address = `198.51.100.${signedIn % 250}`;
  const { token } = await kit.services.auth.signInForToken({ username, password: PASSWORD, address });
  tokens.set(role, token);
  return token;
}

/** What the document does not allow about an answer; null where it allows it. */
function complaint(surface: Surface, { operation }: ArbitraryRequest, answer: Answer): string | null {
  // 502 and 504 are an agent's; 503 says that there is none, or no room.
  if (answer.status >= 500 && ![502, 503, 504].includes(answer.status)) return `${answer.status}: ${answer.text.slice(0, 500)}`;
  const listed = operation.responses[answer.status];
  if (!listed) return `${operation.operationId} answered ${answer.status}, which the document does not name: ${answer.text.slice(0, 500)}`;
  const response = "$ref" in listed ? kit.doors.documents[surface].components.responses[listed.$ref.split("/").at(-1) ?? ""] : listed;
  return response ? unlike(surface, response, answer) : `${answer.status} leads nowhere in the document`;
}

function unlike(surface: Surface, response: OpenApiResponse, answer: Answer): string | null {
  const missing = Object.keys(response.headers ?? {}).filter((name) => answer.headers[name.toLowerCase()] === undefined);
  if (missing.filter((name) => name !== "Retry-After" || answer.status === 429).length > 0) return `no ${missing.join(", ")}`;
  const type = String(answer.headers["content-type"]).split(";")[0] ?? "";
  if (response.content && !response.content[type]) return `${type}, which the document does not name`;
  const schema = response.content?.[type]?.schema;
  if (!schema) return answer.text === "" ? null : `a body where none is promised: ${answer.text.slice(0, 200)}`;
  const told = type === "application/json" ? [answer.text] : type === "application/x-ndjson" ? answer.text.split("\n").filter(Boolean) : [];
  const fits = told.every((text) => ajv.validate(withAbsoluteReferences(surface, schema), JSON.parse(text)));
  return fits ? null : `${ajv.errorsText()} in ${answer.text.slice(0, 2000)}`;
}

const withAbsoluteReferences = (surface: Surface, schema: object): object =>
  JSON.parse(JSON.stringify(schema).replaceAll('"#/components', `"${surface}#/components`));

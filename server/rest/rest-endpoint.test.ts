import { createServer, type Server } from "node:http";
import { BerthError } from "@berth/protocol/errors";
import { initTRPC } from "@trpc/server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { systemClock } from "../platform/clock";
import type { ProcedureMeta } from "../trpc/init";
import { RestEndpoint } from "./rest-endpoint";

const t = initTRPC.context<{ who: string | null }>().meta<ProcedureMeta>().create();
const thing = z.object({
  id: z.string(),
  displayName: z.string(),
  labels: z.record(z.string(), z.string()),
  madeAt: z.date(),
  inner: z.object({ cpuCount: z.number() }).nullable(),
});
const made = { id: "1", displayName: "One", labels: { someKey: "x" }, madeAt: new Date(0), inner: { cpuCount: 2 } };
const router = t.router({
  things: t.router({
    list: t.procedure
      .meta({ rest: { method: "GET", path: "/things", summary: "Test" } })
      .input(
        z.strictObject({
          pageSize: z.coerce.number().int().max(100).default(20),
          onlyLive: z.boolean().optional(),
          tags: z.array(z.string()).optional(),
        }),
      )
      .output(z.object({ things: z.array(thing), asked: z.record(z.string(), z.unknown()) }))
      .query(({ input }) => ({ things: [made], asked: input })),
    stats: t.procedure
      .meta({ rest: { method: "GET", path: "/things/stats", summary: "Test" } })
      .output(z.object({ total: z.number() }))
      .query(() => ({ total: 1 })),
    get: t.procedure
      .meta({ rest: { method: "GET", path: "/things/{id}", summary: "Test" } })
      .input(z.strictObject({ id: z.string() }))
      .output(thing)
      .query(({ input }) => {
        if (input.id === "broken") throw new Error("database password is hunter2");
        if (input.id !== "1") throw new BerthError("SESSION_NOT_FOUND", `No thing '${input.id}' exists`);
        return made;
      }),
    create: t.procedure
      .meta({ rest: { method: "POST", path: "/things", summary: "Test", status: 201 } })
      .input(z.strictObject({ displayName: z.string().min(1), environment: z.record(z.string(), z.string()).default({}) }))
      .output(z.object({ displayName: z.string(), environment: z.record(z.string(), z.string()), who: z.string().nullable() }))
      .mutation(({ input, ctx }) => ({ ...input, who: ctx.who })),
    remove: t.procedure
      .meta({ rest: { method: "DELETE", path: "/things/{id}", summary: "Test", status: 204 } })
      .input(z.strictObject({ id: z.string(), force: z.boolean().default(false) }))
      .output(z.void())
      .mutation(() => undefined),
  }),
});

let server: Server;
let base: string;
beforeAll(async () => {
  const rest = new RestEndpoint({
    router,
    clock: systemClock,
    context: async (request) => ({ who: request.headers.authorization ?? null }),
  });
  server = createServer((request, response) => {
    const [path = "", query] = (request.url ?? "").split("?");
    void rest.handle(request, response, { path, query: new URLSearchParams(query), requestId: "req-1" });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  base = typeof address === "object" && address ? `http://127.0.0.1:${address.port}` : "";
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

const ask = async (
  method: string,
  path: string,
  body?: string,
  headers: Record<string, string> = { "content-type": "application/json" },
) => {
  const answer = await fetch(base + path, { method, headers: body === undefined ? {} : headers, body });
  const text = await answer.text();
  return {
    status: answer.status,
    headers: answer.headers,
    body: text === "" ? null : z.record(z.string(), z.unknown()).parse(JSON.parse(text)),
  };
};

describe("REST over the procedures", () => {
  it("speaks snake_case, and leaves the keys of free-form maps alone", async () => {
    const { body } = await ask("GET", "/things/1");
    expect(body).toEqual({
      id: "1",
      display_name: "One",
      labels: { someKey: "x" },
      made_at: "1970-01-01T00:00:00.000Z",
      inner: { cpu_count: 2 },
    });
  });

  it("reads numbers, booleans and lists from the query", async () => {
    const { body } = await ask("GET", "/things?page_size=5&only_live=true&tags=a,%20b");
    expect(body?.asked).toEqual({ pageSize: 5, onlyLive: true, tags: ["a", "b"] });
  });

  it("answers with the route's status and passes maps through", async () => {
    const { status, body } = await ask("POST", "/things", JSON.stringify({ display_name: "Two", environment: { someName: "1" } }));
    expect([status, body]).toEqual([201, { display_name: "Two", environment: { someName: "1" }, who: null }]);
    expect((await ask("DELETE", "/things/1?force=true")).status).toBe(204);
  });

  it("lets a written path win over a parameter", async () => {
    expect((await ask("GET", "/things/stats")).body).toEqual({ total: 1 });
  });

  it("names an unknown field as it was sent, a wrong one with its problem, and a camelCase one with its right spelling", async () => {
    const { status, body } = await ask("POST", "/things", JSON.stringify({ display_name: "", colour: "red", displayName: "x" }));
    expect(status).toBe(400);
    expect(body).toMatchObject({ code: "VALIDATION_FAILED", request_id: "req-1" });
    expect(Object.keys(z.object({ fields: z.record(z.string(), z.string()) }).parse(body?.details).fields).sort()).toEqual([
      "colour",
      "displayName (write it as display_name)",
      "display_name",
    ]);
    expect((await ask("GET", "/things?page=2")).body?.message).toContain("page: unknown field");
  });

  it("answers 404, 405 with Allow, 415, 413 and malformed JSON in the same shape", async () => {
    expect((await ask("GET", "/nothing")).body?.code).toBe("NOT_FOUND");
    const wrong = await ask("PUT", "/things", "{}");
    expect([wrong.status, wrong.headers.get("allow"), wrong.body?.code]).toEqual([405, "GET, HEAD, POST", "METHOD_NOT_ALLOWED"]);
    expect((await ask("POST", "/things", "a=b", { "content-type": "text/plain" })).body?.code).toBe("UNSUPPORTED_MEDIA_TYPE");
    expect((await ask("POST", "/things", `{"display_name":"${"x".repeat(2 ** 21)}"}`)).body?.code).toBe("BODY_TOO_LARGE");
    expect((await ask("POST", "/things", '{"display_name":')).body).toMatchObject({
      code: "VALIDATION_FAILED",
      error: "Request validation failed",
    });
    expect((await ask("POST", "/things", "[]")).body?.message).toBe("The body must be a JSON object");
  });

  it("gives an error of the catalogue as it is, and an unexpected one without its text", async () => {
    expect((await ask("GET", "/things/2")).body).toMatchObject({
      code: "SESSION_NOT_FOUND",
      error: "Session not found",
      message: "No thing '2' exists",
    });
    const { status, body } = await ask("GET", "/things/broken");
    expect(status).toBe(500);
    expect(JSON.stringify(body)).not.toContain("hunter2");
  });
});

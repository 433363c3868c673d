import type { IncomingMessage } from "node:http";
import { BerthError } from "@berth/protocol/errors";
import { fieldsByWireName, fromQuery, fromWire } from "./key-case";
import { readJsonBody } from "./read-body";
import type { ServedProcedure } from "./rest-routes";

/** What a request said, as the procedure takes it. */
export interface SentInput {
  /** Undefined: a procedure that takes nothing, and nothing was sent. */
  readonly value: Record<string, unknown> | undefined;
  /** Names of the fields that came by path or query; the others are the body's. */
  readonly parameters: ReadonlySet<string>;
}

/**
 * Body, query and path as one input. What is said twice must be said alike: a body that names another thing than the path is refused.
 * Throws BerthError.
 */
export async function readInput(
  request: IncomingMessage,
  served: ServedProcedure,
  path: Readonly<Record<string, string>>,
  query: URLSearchParams,
): Promise<SentInput> {
  const byQuery = served.route.method === "GET" || served.route.method === "DELETE";
  if (!byQuery && query.size > 0) throw wrongField("INVALID_PARAMETER", [...query.keys()][0] ?? "", "goes into the body");
  const sent = byQuery ? fromParameters(served, query) : await fromBody(request, served);
  const parameters = new Set(byQuery ? sent.keys() : []);
  for (const [name, text] of Object.entries(path)) {
    if (sent.has(name) && sent.get(name) !== text) {
      const [code, place] = byQuery ? (["INVALID_PARAMETER", "query"] as const) : (["VALIDATION_FAILED", "body"] as const);
      throw wrongField(code, name, `the path says '${text.slice(0, 100)}' and the ${place} another; leave it out of the ${place}`);
    }
    sent.set(name, text);
    parameters.add(name);
  }
  // By entries: a field that is called __proto__ is a field like any other.
  return { value: served.input || sent.size > 0 ? Object.fromEntries(sent) : undefined, parameters };
}

function fromParameters({ keys, input }: ServedProcedure, query: URLSearchParams): Map<string, unknown> {
  const fields = fieldsByWireName(input, keys);
  const values = new Map<string, unknown>();
  for (const name of new Set(query.keys())) {
    const [text = "", ...more] = query.getAll(name);
    if (more.length > 0) throw wrongField("INVALID_PARAMETER", name, "is there more than once; write a list with commas");
    const field = fields.get(name);
    values.set(field?.name ?? name, field ? fromQuery(field.schema, text) : text);
  }
  return values;
}

async function fromBody(request: IncomingMessage, { keys, input }: ServedProcedure): Promise<Map<string, unknown>> {
  const body = (await readJsonBody(request)) ?? {};
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new BerthError("VALIDATION_FAILED", "The body must be a JSON object");
  }
  return new Map(Object.entries((keys === "camel" ? body : fromWire(input, body)) ?? {}));
}

function wrongField(code: "INVALID_PARAMETER" | "VALIDATION_FAILED", name: string, problem: string): BerthError {
  const field = name.slice(0, 100);
  return new BerthError(code, `${field}: ${problem}`, { details: { fields: { [field]: problem } } });
}

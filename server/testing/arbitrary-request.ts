import fc from "fast-check";
import type { OpenApiDocument, OpenApiOperation, OpenApiParameter } from "../rest/openapi-document";
import type { JsonSchema } from "../rest/wire-schema";

/** A request as a stranger would send it who knows nothing but the document. */
export interface ArbitraryRequest {
  readonly operation: OpenApiOperation;
  readonly method: string;
  /** Under `/api/v1`, with its query. */
  readonly path: string;
  readonly body: unknown;
}

/** Names that a control plane knows, so that requests get past "there is no such thing". */
export type KnownNames = readonly [string, ...string[]];

const MAX_TEXT = 40;
const MAX_ITEMS = 3;
const junk: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(null, true, -1, 1.5, 1e300, "", "\u0000", "\ud800", "__proto__", [], {}, "x".repeat(5000)),
  fc.jsonValue({ maxDepth: 2 }),
);

/** Requests of every operation: most fit their schemas, some have one part that doesn't. */
export function arbitraryRequests(document: OpenApiDocument, known: KnownNames): fc.Arbitrary<ArbitraryRequest> {
  const all = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => requestOf(path, method.toUpperCase(), operation, known)),
  );
  return fc.oneof(...all);
}

function requestOf(path: string, method: string, operation: OpenApiOperation, known: KnownNames): fc.Arbitrary<ArbitraryRequest> {
  const parameters = operation.parameters ?? [];
  const schema = operation.requestBody?.content["application/json"]?.schema;
  const good = schema ? fitting(schema, known) : fc.constant(undefined);
  const body = schema
    ? fc.oneof({ weight: 5, arbitrary: good }, { weight: 2, arbitrary: spoilt(good) }, { weight: 1, arbitrary: junk })
    : good;
  return fc
    .record({ body, values: fc.tuple(...parameters.map((parameter) => parameterText(parameter, known))) })
    .map(({ body: sent, values }) => ({ operation, method, path: written(path, parameters, values), body: sent }));
}

function parameterText({ schema, required }: OpenApiParameter, known: KnownNames): fc.Arbitrary<string | null> {
  const text = fc
    .oneof({ weight: 6, arbitrary: fitting(schema, known) }, { weight: 1, arbitrary: fc.string({ maxLength: MAX_TEXT, unit: "grapheme" }) })
    .map((value) => (Array.isArray(value) ? value.join(",") : String(value)));
  return required ? text : fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: text });
}

function written(path: string, parameters: readonly OpenApiParameter[], values: readonly (string | null)[]): string {
  const query = new URLSearchParams();
  let filled = path;
  for (const [at, { name, in: place }] of parameters.entries()) {
    const value = values[at];
    if (value === null || value === undefined) continue;
    // An empty segment, or one of dots alone, would be another path.
    if (place === "path") filled = filled.replace(`{${name}}`, /^\.*$/.test(value) ? "_" : encodeURIComponent(value));
    else query.set(name, value);
  }
  return query.size > 0 ? `${filled}?${query}` : filled;
}

/** One field of a good body is another thing, or isn't known to anyone. */
function spoilt(good: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.tuple(good, junk, fc.nat(), fc.boolean()).map(([body, value, at, extra]) => {
    if (typeof body !== "object" || body === null) return value;
    const keys = Object.keys(body);
    const key = extra || keys.length === 0 ? "unheard_of" : (keys[at % keys.length] ?? "unheard_of");
    return { ...body, [key]: value };
  });
}

/** Values that fit a schema: of the keywords that our schemas have. */
function fitting(schema: JsonSchema | boolean, known: KnownNames): fc.Arbitrary<unknown> {
  if (typeof schema === "boolean") return junk;
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const members = schema.anyOf ?? schema.oneOf;
  if (members) return fc.oneof(...members.map((member) => fitting(member, known)));
  if (schema.type === "string") return textOf(schema, known);
  if (schema.type === "integer") return fc.integer(bounds(schema, 1000));
  if (schema.type === "number") return fc.double({ ...bounds(schema, 1e6), noNaN: true });
  if (schema.type === "boolean") return fc.boolean();
  if (schema.type === "null") return fc.constant(null);
  if (schema.type === "array") return fc.array(fitting(itemOf(schema), known), { minLength: schema.minItems ?? 0, maxLength: MAX_ITEMS });
  if (schema.type === "object") return objectOf(schema, known);
  return junk;
}

const itemOf = ({ items }: JsonSchema): JsonSchema | boolean => (items === undefined || Array.isArray(items) ? true : items);
const bounds = ({ minimum, maximum }: JsonSchema, wide: number) => ({
  min: minimum ?? -wide,
  max: Math.min(maximum ?? wide, (minimum ?? 0) + wide),
});

function textOf({ format, pattern, minLength = 0, maxLength = MAX_TEXT }: JsonSchema, known: KnownNames): fc.Arbitrary<string> {
  const name = fc.constantFrom(...known);
  if (format === "uuid") return fc.oneof(fc.uuid(), name);
  if (format === "date-time") return fc.date({ noInvalidDate: true }).map((date) => date.toISOString());
  if (pattern) return fc.oneof(fc.stringMatching(new RegExp(pattern, "u"), { size: "-1" }), name);
  const most = Math.max(minLength, Math.min(maxLength, MAX_TEXT));
  return fc.oneof(fc.string({ minLength, maxLength: most, unit: "grapheme" }), name);
}

function objectOf(
  { properties = {}, required = [], additionalProperties, propertyNames }: JsonSchema,
  known: KnownNames,
): fc.Arbitrary<object> {
  const named = fc.record(Object.fromEntries(Object.entries(properties).map(([key, field]) => [key, fitting(field, known)])), {
    requiredKeys: required,
  });
  if (typeof additionalProperties !== "object") return named;
  const key = typeof propertyNames === "object" ? fitting(propertyNames, known).map(String) : fc.string({ maxLength: MAX_TEXT });
  return fc
    .tuple(named, fc.dictionary(key, fitting(additionalProperties, known), { maxKeys: MAX_ITEMS }))
    .map(([one, more]) => ({ ...more, ...one }));
}

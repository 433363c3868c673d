import { z } from "zod";
import { snakeCase, wireWord } from "./key-case";

/** A JSON Schema of the 2020-12 draft, which is what OpenAPI 3.1 speaks. */
export type JsonSchema = z.core.JSONSchema.BaseSchema;

/**
 * What a procedure's schema looks like at `/api/v1`: the names and words that are sent there, dates as text. What zod can't write down
 * (a refinement's rule) is wider here than it is in truth, never narrower.
 */
export function wireSchema(schema: z.core.$ZodType, side: "input" | "output", keys: "snake" | "camel"): JsonSchema {
  const { $schema: _, ...wire } = z.toJSONSchema(schema, {
    io: side,
    unrepresentable: "any",
    override: ({ zodSchema, jsonSchema }) => {
      const { def } = zodSchema._zod;
      if (def.type === "date") Object.assign(jsonSchema, { type: "string", format: "date-time" });
      // zod's own, beside the pattern that says the same to everyone.
      if (jsonSchema.format === "starts_with") delete jsonSchema.format;
      if (keys === "camel") return;
      if (zodSchema instanceof z.ZodObject) renameProperties(jsonSchema);
      if (def.type === "enum") jsonSchema.enum = jsonSchema.enum?.map((word) => (typeof word === "string" ? wireWord(word) : word));
      if (def.type === "default" && typeof jsonSchema.default === "string") jsonSchema.default = wireWord(jsonSchema.default);
    },
  });
  return wire;
}

function renameProperties(object: JsonSchema): void {
  const { properties, required } = object;
  if (properties) object.properties = Object.fromEntries(Object.entries(properties).map(([key, field]) => [snakeCase(key), field]));
  if (required) object.required = required.map(snakeCase);
}

/** The schema without some of an object's fields: those that a request says in its path. Follows the members of a union. */
export function withoutFields(schema: JsonSchema, names: ReadonlySet<string>): JsonSchema {
  const { properties, required, anyOf, oneOf, allOf, ...rest } = schema;
  const members = (list: readonly (JsonSchema | boolean)[]) =>
    list.map((member) => (typeof member === "boolean" ? member : withoutFields(member, names)));
  return {
    ...rest,
    ...(properties && { properties: Object.fromEntries(Object.entries(properties).filter(([name]) => !names.has(name))) }),
    ...(required && { required: required.filter((name) => !names.has(name)) }),
    ...(anyOf && { anyOf: members(anyOf) as typeof anyOf }),
    ...(oneOf && { oneOf: members(oneOf) as typeof oneOf }),
    ...(allOf && { allOf: members(allOf) as typeof allOf }),
  };
}

/**
 * Between the REST contract's snake_case and the procedures' camelCase: keys, and the words of enums. Follows the zod schema, so that the
 * keys of free-form maps (environment, labels, metadata) are data and stay as they are.
 */
import { z } from "zod";

export const snakeCase = (key: string): string => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** A word of an enum as the contract writes it: `createdAt` is `created_at` there; `Pending` and `NOT_FOUND` stay. */
export const wireWord = (word: string): string => (/^[a-z]+(?:[A-Z][a-z0-9]*)+$/.test(word) ? snakeCase(word) : word);

/** The enum's own word for what was sent. One spelling on each surface: a camelCase one is refused with the right one in its name. */
function wordFromWire(schema: z.ZodEnum, text: unknown): unknown {
  const words = schema.options.map(String);
  const meant = words.find((word) => wireWord(word) === text);
  if (meant !== undefined) return meant;
  return typeof text === "string" && words.includes(text) ? `${text} (write it as ${wireWord(text)})` : text;
}

/** The schema inside optional, nullable, default, readonly, and on the named side of a transform. */
function unwrap(schema: z.core.$ZodType, side: "input" | "output"): z.core.$ZodType {
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodReadonly
  ) {
    return unwrap(schema.def.innerType, side);
  }
  if (schema instanceof z.ZodPipe) return unwrap(side === "input" ? schema.def.in : schema.def.out, side);
  return schema;
}

const isPlainObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);

type Converter = (value: unknown) => unknown;
const asItIs: Converter = (value) => value;
/** Schemas live as long as the program, and lists have thousands of keys: each is looked at once. */
const converters = new WeakMap<z.core.$ZodType, Converter>();

/** The answer's value with the contract's keys. Dates become ISO 8601 by JSON itself. */
export const toWire = (schema: z.core.$ZodType | null, value: unknown): unknown => wireConverter(schema)(value);

function wireConverter(schema: z.core.$ZodType | null): Converter {
  if (!schema) return asItIs;
  const known = converters.get(schema);
  if (known) return known;
  // For a schema that holds itself.
  converters.set(schema, (value) => (converters.get(schema) ?? asItIs)(value));
  const made = makeConverter(unwrap(schema, "output"));
  converters.set(schema, made);
  return made;
}

function makeConverter(schema: z.core.$ZodType): Converter {
  if (schema instanceof z.ZodEnum) {
    const words = new Map(schema.options.map((word) => [String(word), wireWord(String(word))]));
    return (value) => (typeof value === "string" ? (words.get(value) ?? value) : value);
  }
  if (schema instanceof z.ZodArray) {
    const item = wireConverter(schema.def.element);
    return (value) => (Array.isArray(value) ? value.map(item) : value);
  }
  if (schema instanceof z.ZodObject) return objectConverter(schema);
  if (schema instanceof z.ZodUnion) {
    const objects = schema.def.options
      .map((option) => unwrap(option, "output"))
      .filter((option) => option instanceof z.ZodObject)
      .map((member) => ({ member, convert: objectConverter(member) }));
    return (value) => {
      if (!isPlainObject(value)) return value;
      const { convert } = objects.find(({ member }) => literalsMatch(member, value)) ?? objects[0] ?? { convert: asItIs };
      return convert(value);
    };
  }
  return asItIs;
}

function objectConverter(schema: z.ZodObject): Converter {
  const fields = new Map(Object.entries(schema.shape).map(([key, field]) => [key, [snakeCase(key), wireConverter(field)] as const]));
  return (value) => {
    if (!isPlainObject(value)) return value;
    const wire: Record<string, unknown> = {};
    for (const [key, item] of Object.entries(value)) {
      const field = fields.get(key);
      if (field) wire[field[0]] = field[1](item);
      else wire[key] = item;
    }
    return wire;
  };
}

/** A request's value with the procedures' keys. What the schema doesn't know keeps its name, so that its refusal names it as it was sent. */
export function fromWire(schema: z.core.$ZodType | null, value: unknown): unknown {
  const inner = schema && unwrap(schema, "input");
  if (inner instanceof z.ZodEnum) return wordFromWire(inner, value);
  if (Array.isArray(value)) return value.map((item) => fromWire(inner instanceof z.ZodArray ? inner.def.element : null, item));
  if (!isPlainObject(value) || inner instanceof z.ZodRecord) return value;
  const shape = shapeOf(inner, value);
  if (!shape) return value;
  const named = new Map(Object.keys(shape).map((key) => [snakeCase(key), key]));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      const name = named.get(key);
      // A camelCase spelling is an unknown field here: one spelling on each surface.
      if (name === undefined) return [Object.hasOwn(shape, key) ? `${key} (write it as ${snakeCase(key)})` : key, item];
      return [name, fromWire(shape[name] ?? null, item)];
    }),
  );
}

/** The object's fields; for a union those of the member whose literal fields match. */
function shapeOf(schema: z.core.$ZodType | null, value: Record<string, unknown>): Record<string, z.core.$ZodType> | null {
  if (schema instanceof z.ZodObject) return schema.shape;
  if (!(schema instanceof z.ZodUnion)) return null;
  const members = schema.def.options.map((option) => unwrap(option, "output")).filter((option) => option instanceof z.ZodObject);
  return (members.find((member) => literalsMatch(member, value)) ?? members[0])?.shape ?? null;
}

function literalsMatch(member: z.ZodObject, value: Record<string, unknown>): boolean {
  return Object.entries(member.shape).every(([key, field]) => !(field instanceof z.ZodLiteral) || field.safeParse(value[key]).success);
}

/** Query and path parameters are text: made numbers, booleans and lists where the schema has those. What can't be stays text, for the schema to refuse. */
export function fromQuery(schema: z.core.$ZodType | null, text: string): unknown {
  const inner = schema && unwrap(schema, "input");
  if (inner instanceof z.ZodNumber) return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
  if (inner instanceof z.ZodBoolean) return text === "true" ? true : text === "false" ? false : text;
  if (inner instanceof z.ZodArray) return text === "" ? [] : text.split(",").map((part) => fromQuery(inner.def.element, part.trim()));
  return inner instanceof z.ZodEnum ? wordFromWire(inner, text) : text;
}

/** Where an issue is, in the names that were sent. */
export function wirePath(schema: z.core.$ZodType | null, path: readonly PropertyKey[]): PropertyKey[] {
  const [part, ...rest] = path;
  if (part === undefined) return [];
  const inner = schema && unwrap(schema, "input");
  const field =
    inner instanceof z.ZodObject && typeof part === "string" && Object.hasOwn(inner.shape, part) ? inner.shape[part] : undefined;
  if (field) return [snakeCase(String(part)), ...wirePath(field, rest)];
  const next = inner instanceof z.ZodArray ? inner.def.element : inner instanceof z.ZodRecord ? inner.def.valueType : null;
  return [part, ...wirePath(next, rest)];
}

/** The fields of a procedure's input, by the name that a query or path has for them. */
export function fieldsByWireName(
  schema: z.core.$ZodType | null,
  keys: "snake" | "camel",
): Map<string, { name: string; schema: z.core.$ZodType }> {
  const inner = schema && unwrap(schema, "input");
  if (!(inner instanceof z.ZodObject)) return new Map();
  return new Map(Object.entries(inner.shape).map(([name, field]) => [keys === "snake" ? snakeCase(name) : name, { name, schema: field }]));
}

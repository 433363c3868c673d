import { displaySchema } from "@berth/protocol/agent-commands";
import { type HealthPolicy, healthPolicySchema } from "@berth/protocol/session-health";
import { sessionPolicySchema } from "@berth/protocol/session-policy";
import { sessionPolicyFields } from "@berth/protocol/session-policy-fields";
import { Document, isAlias, isMap, isPair, isScalar, isSeq, LineCounter, type Node, parseDocument, visit } from "yaml";
import { z } from "zod";
import type { YamlProblem } from "./template-versions-schema";
import { createTemplateInput, type Template, type TemplateContent, templateNameSchema } from "./templates-schema";

const API_VERSION = "berth/v1";
const fields = createTemplateInput.shape;

/** A template as a file: the same fields as everywhere, in one spelling. */
const fileSchema = z.strictObject({
  apiVersion: z.literal(API_VERSION, `must be ${API_VERSION}`),
  kind: z.literal("Template", "must be Template"),
  metadata: z.strictObject({
    name: templateNameSchema,
    displayName: fields.displayName,
    category: fields.category,
    description: fields.description,
    tags: fields.tags,
    icon: fields.icon,
    iconUrl: fields.iconUrl,
  }),
  spec: z.strictObject({
    image: fields.image,
    display: z.strictObject({
      protocol: displaySchema.shape.protocol,
      port: displaySchema.shape.port,
      unixSocket: displaySchema.shape.unix_socket,
      path: displaySchema.shape.path,
      resolution: displaySchema.shape.resolution,
      colorDepth: displaySchema.shape.color_depth,
    }),
    security: fields.security,
    defaultResources: z.strictObject(fields.defaultResources.shape),
    environment: fields.environment,
    persistentHome: fields.persistentHome,
    homePath: fields.homePath,
    shmSize: fields.shmSize,
    pidsLimit: fields.pidsLimit,
    idleTimeout: fields.idleTimeout,
    hibernateMode: fields.hibernateMode,
    readyTimeoutSeconds: fields.readyTimeoutSeconds,
    policy: z.strictObject(sessionPolicySchema.shape).prefault({}),
    placement: fields.placement,
    accessParameters: fields.accessParameters,
    health: fields.health,
    warmPool: fields.warmPool,
  }),
});

export interface NamedContent {
  readonly name: string;
  readonly content: TemplateContent;
  /** Left out, an import leaves it as it is. */
  readonly warmPool?: Template["warmPool"];
}

/** The file of a template. The same content is the same text: fields in one order, variables by name. */
export function templateToYaml({ name, content, warmPool }: NamedContent): string {
  const { display, defaultResources } = content;
  const file = {
    apiVersion: API_VERSION,
    kind: "Template",
    metadata: {
      name,
      displayName: content.displayName,
      category: content.category,
      description: content.description,
      tags: content.tags,
      ...(content.icon === null ? {} : { icon: content.icon }),
      ...(content.iconUrl === null ? {} : { iconUrl: content.iconUrl }),
    },
    spec: {
      image: content.image,
      display: {
        protocol: display.protocol,
        port: display.port,
        unixSocket: display.unix_socket,
        path: display.path,
        ...(display.resolution === undefined ? {} : { resolution: display.resolution }),
        ...(display.color_depth === undefined ? {} : { colorDepth: display.color_depth }),
      },
      security: content.security,
      defaultResources: {
        memory: defaultResources.memory,
        cpu: defaultResources.cpu,
        ...(defaultResources.storage === undefined ? {} : { storage: defaultResources.storage }),
      },
      environment: byName(content.environment),
      persistentHome: content.persistentHome,
      homePath: content.homePath,
      shmSize: content.shmSize,
      pidsLimit: content.pidsLimit,
      idleTimeout: content.idleTimeout,
      hibernateMode: content.hibernateMode,
      readyTimeoutSeconds: content.readyTimeoutSeconds,
      policy: Object.fromEntries(sessionPolicyFields.map((field) => [field, content.policy[field]])),
      placement: {
        labels: byName(content.placement.labels),
        capabilities: content.placement.capabilities,
        ...(content.placement.strategy === undefined ? {} : { strategy: content.placement.strategy }),
      },
      ...(Object.keys(content.accessParameters).length > 0 ? { accessParameters: content.accessParameters } : {}),
      // In one order of fields.
      ...(isUsual(content.health) ? {} : { health: healthPolicySchema.parse(content.health) }),
      ...(warmPool && warmPool.size > 0 ? { warmPool } : {}),
    },
  };
  // `compat`: what an older reader would take for a number or a boolean is quoted too.
  return new Document(file, { compat: "yaml-1.1", aliasDuplicateObjects: false }).toString({ lineWidth: 0 });
}

const usualHealth = JSON.stringify(healthPolicySchema.parse({}));
const isUsual = (health: HealthPolicy): boolean => JSON.stringify(healthPolicySchema.parse(health)) === usualHealth;

const byName = (record: Readonly<Record<string, string>>) =>
  new Map(Object.entries(record).sort(([one], [other]) => (one < other ? -1 : 1)));

export type ReadYaml = ({ readonly ok: true } & NamedContent) | { readonly ok: false; readonly problems: readonly YamlProblem[] };

/** Reads a file, or says everything that is wrong with it and where. Never throws. */
export function templateFromYaml(text: string): ReadYaml {
  const lines = new LineCounter();
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  try {
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, version: "1.2", uniqueKeys: true, strict: true });
    const broken = [...document.errors, ...document.warnings].map(({ message, pos }) => ({ path: "", ...at(pos[0]), message }));
    if (broken.length > 0) return { ok: false, problems: broken };
    const aliases: YamlProblem[] = [];
    visit(document, {
      Alias: (_, node) => {
        aliases.push({ path: "", ...at(node.range?.[0] ?? 0), message: `*${node.source}: aliases aren't read; write the value out` });
      },
    });
    if (aliases.length > 0) return { ok: false, problems: aliases };
    const value: unknown = document.toJS();
    const read = fileSchema.safeParse(value);
    if (read.success) return { ok: true, ...fromFile(read.data) };
    const problems = read.error.issues.flatMap((issue) =>
      issue.code === "unrecognized_keys"
        ? issue.keys.map((key) => ({ path: [...issue.path, key], message: "is no field of a template" }))
        : [{ path: issue.path, message: wordsOf(issue, valueAt(value, issue.path)) }],
    );
    return {
      ok: false,
      problems: problems.map(({ path, message }) => ({
        path: path.map(String).join("."),
        ...at(offsetOf(document.contents, path)),
        message,
      })),
    };
  } catch {
    return { ok: false, problems: [{ path: "", line: 1, column: 1, message: "can't be read: it is nested too deeply" }] };
  }
}

function fromFile({
  metadata: { name, ...presentation },
  spec: { display, warmPool, ...spec },
}: z.output<typeof fileSchema>): NamedContent {
  const { unixSocket, colorDepth, resolution, ...rest } = display;
  return {
    name,
    ...(warmPool === undefined ? {} : { warmPool }),
    content: {
      ...presentation,
      ...spec,
      display: {
        ...rest,
        unix_socket: unixSocket,
        ...(resolution === undefined ? {} : { resolution }),
        ...(colorDepth === undefined ? {} : { color_depth: colorDepth }),
      },
    },
  };
}

const kinds: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a map of fields",
  record: "a map of names and values",
};

function wordsOf(issue: z.core.$ZodIssue, value: unknown): string {
  if (issue.code === "too_small") return issue.origin === "string" ? "is empty" : `must be at least ${issue.minimum}`;
  if (issue.code === "too_big") return `must be at most ${issue.maximum}${issue.origin === "string" ? " characters" : ""}`;
  if (issue.code !== "invalid_type" && issue.code !== "invalid_value") return issue.message;
  if (value === undefined) return "is missing";
  if (issue.code === "invalid_type" && issue.expected === "string" && (typeof value === "number" || typeof value === "boolean"))
    return `must be text: put ${String(value)} in quotes`;
  if (issue.code === "invalid_type") return `must be ${kinds[issue.expected] ?? issue.expected}`;
  return issue.message;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let found = value;
  for (const part of path) {
    if (typeof found !== "object" || found === null || !Object.hasOwn(found, part)) return undefined;
    found = Reflect.get(found, part);
  }
  return found;
}

/** Where the path's last part stands that is there: the key in a map, the item in a list. */
function offsetOf(root: Node | null, path: readonly PropertyKey[]): number {
  let node: unknown = root;
  let offset = root?.range?.[0] ?? 0;
  for (const part of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(part));
      if (!pair) break;
      if (isScalar(pair.key)) offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(part)];
      if (isScalar(node) || isMap(node) || isSeq(node) || isAlias(node)) offset = node.range?.[0] ?? offset;
    } else break;
  }
  return offset;
}

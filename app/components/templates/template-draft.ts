import { healthPolicySchema } from "@berth/protocol/session-health";
import { type SessionPolicy, sessionPolicySchema } from "@berth/protocol/session-policy";
import { createTemplateInput } from "../../../server/modules/templates/templates-schema";
import { issueWords } from "../../format/issue-words";
import { capabilitiesProblem, labelsOf, labelsText, wordsOf } from "../../format/label-words";
import { wholeNumber } from "../../format/quantity";
import { accessOfDraft, type FoldersDraft, foldersDraftOf } from "./folders-draft";
import { type HealthDraft, healthDraftOf, healthOfDraft, probeField } from "./health-draft";
import type { Content } from "./template-diff";

/** One variable of the editor's list; `key` tells rows apart while names are typed. */
export interface VariableRow {
  readonly key: number;
  readonly name: string;
  readonly value: string;
}

/** The editor's form as it is typed. */
export interface TemplateDraft {
  readonly name: string;
  readonly displayName: string;
  readonly category: string;
  readonly description: string;
  readonly tags: string;
  readonly icon: string | null;
  readonly iconUrl: string;
  readonly image: string;
  readonly protocol: "rfb" | "http";
  readonly port: string;
  readonly path: string;
  readonly unixSocket: boolean;
  readonly resolution: string;
  readonly colorDepth: "" | "16" | "24";
  readonly security: "strict" | "compatible";
  readonly memory: string;
  readonly cpu: string;
  readonly storage: string;
  readonly environment: readonly VariableRow[];
  readonly persistentHome: boolean;
  readonly homePath: string;
  readonly shmSize: string;
  readonly pidsLimit: string;
  readonly idleTimeout: string;
  readonly hibernateMode: Content["hibernateMode"];
  readonly readyTimeoutSeconds: string;
  readonly policy: SessionPolicy;
  /** `gpu=yes, zone=a`: what an agent must have. */
  readonly agentLabels: string;
  readonly agentCapabilities: string;
  readonly strategy: "" | "spread" | "pack";
  readonly folders: FoldersDraft;
  readonly health: HealthDraft;
}

export const emptyDraft: TemplateDraft = {
  name: "",
  displayName: "",
  category: "Desktops",
  description: "",
  tags: "",
  icon: null,
  iconUrl: "",
  image: "",
  protocol: "rfb",
  port: "5900",
  path: "/",
  unixSocket: false,
  resolution: "",
  colorDepth: "",
  security: "strict",
  memory: "1Gi",
  cpu: "1000m",
  storage: "",
  environment: [],
  persistentHome: true,
  homePath: "/home/user",
  shmSize: "256Mi",
  pidsLimit: "1024",
  idleTimeout: "30m",
  hibernateMode: "stop",
  readyTimeoutSeconds: "60",
  policy: sessionPolicySchema.parse({}),
  agentLabels: "",
  agentCapabilities: "",
  strategy: "",
  folders: foldersDraftOf({}),
  health: healthDraftOf(healthPolicySchema.parse({})),
};

export function draftOf(name: string, content: Content): TemplateDraft {
  const { display, defaultResources: resources } = content;
  return {
    name,
    displayName: content.displayName,
    category: content.category,
    description: content.description,
    tags: content.tags.join(", "),
    icon: content.icon,
    iconUrl: content.iconUrl ?? "",
    image: content.image,
    protocol: display.protocol,
    port: String(display.port),
    path: display.path,
    unixSocket: display.unix_socket,
    resolution: display.resolution ?? "",
    colorDepth: display.color_depth === undefined ? "" : display.color_depth === 16 ? "16" : "24",
    security: content.security,
    memory: resources.memory,
    cpu: resources.cpu,
    storage: resources.storage ?? "",
    environment: Object.entries(content.environment).map(([variable, value], key) => ({ key, name: variable, value })),
    persistentHome: content.persistentHome,
    homePath: content.homePath,
    shmSize: content.shmSize,
    pidsLimit: String(content.pidsLimit),
    idleTimeout: content.idleTimeout,
    hibernateMode: content.hibernateMode,
    readyTimeoutSeconds: String(content.readyTimeoutSeconds),
    policy: content.policy,
    agentLabels: labelsText(content.placement.labels),
    agentCapabilities: content.placement.capabilities.join(", "),
    strategy: content.placement.strategy ?? "",
    folders: foldersDraftOf(content.accessParameters),
    health: healthDraftOf(content.health),
  };
}

type Checked =
  | { readonly content: Content; readonly problems: null }
  | { readonly content: null; readonly problems: Readonly<Record<string, string>> };

const optional = (text: string) => text.trim() || undefined;

/** What the form says, or what is wrong with it: by the names of the server's fields, variables by `environment.<row's key>`. */
export function checkTemplateDraft(draft: TemplateDraft): Checked {
  const problems: Record<string, string> = {};
  const used = draft.environment.filter(({ name, value }) => name.trim() !== "" || value !== "");
  const rowOf = new Map<string, number>();
  for (const { key, name } of used) {
    if (rowOf.has(name.trim())) problems[`environment.${key}`] = `${name.trim() || "No name"} is there twice`;
    else rowOf.set(name.trim(), key);
  }
  const { labels, problem } = labelsOf(draft.agentLabels);
  if (problem) problems["placement.labels"] = problem;
  const tooMany = capabilitiesProblem(draft.agentCapabilities);
  if (tooMany) problems["placement.capabilities"] = tooMany;
  const parsed = createTemplateInput.safeParse({
    name: draft.name.trim(),
    displayName: draft.displayName.trim(),
    category: draft.category.trim(),
    description: draft.description,
    tags: wordsOf(draft.tags),
    icon: draft.icon,
    iconUrl: optional(draft.iconUrl) ?? null,
    image: draft.image.trim(),
    display: {
      protocol: draft.protocol,
      port: wholeNumber(draft.port),
      path: draft.path.trim() || "/",
      unix_socket: draft.unixSocket,
      resolution: optional(draft.resolution),
      color_depth: draft.colorDepth === "" ? undefined : Number(draft.colorDepth),
    },
    security: draft.security,
    defaultResources: { memory: draft.memory.trim(), cpu: draft.cpu.trim(), storage: optional(draft.storage) },
    environment: Object.fromEntries(used.map(({ name, value }) => [name.trim(), value])),
    persistentHome: draft.persistentHome,
    homePath: draft.homePath.trim(),
    shmSize: draft.shmSize.trim(),
    pidsLimit: wholeNumber(draft.pidsLimit),
    idleTimeout: draft.idleTimeout.trim(),
    hibernateMode: draft.hibernateMode,
    readyTimeoutSeconds: wholeNumber(draft.readyTimeoutSeconds),
    policy: draft.policy,
    placement: {
      labels: labels ?? {},
      capabilities: wordsOf(draft.agentCapabilities),
      ...(draft.strategy ? { strategy: draft.strategy } : {}),
    },
    accessParameters: accessOfDraft(draft.folders),
    health: healthOfDraft(draft.health),
  });
  for (const issue of parsed.success ? [] : parsed.error.issues) {
    const [first, second] = issue.path;
    const variable = first === "environment" ? rowOf.get(String(second ?? "")) : undefined;
    const field =
      variable !== undefined
        ? `environment.${variable}`
        : first === "tags"
          ? "tags"
          : first === "placement" || first === "accessParameters"
            ? `${first}.${String(second)}`
            : first === "health" && second === "probes"
              ? probeField(draft.health, issue.path)
              : issue.path.map(String).join(".") || "environment";
    problems[field] ??= wordsOfIssue(issue, variable !== undefined);
  }
  if (!parsed.success || Object.keys(problems).length > 0) return { content: null, problems };
  const { name: _, ...content } = parsed.data;
  return { content: withoutUndefined(content), problems: null };
}

type Issue = NonNullable<ReturnType<typeof createTemplateInput.safeParse>["error"]>["issues"][number];

const wordsOfIssue = (issue: Issue, ofVariable: boolean): string =>
  ofVariable && issue.code === "invalid_key" ? "is no name of a variable: letters, digits and _, no digit first" : issueWords(issue);

/** A field that isn't there and one that is undefined are the same to everyone but a comparison. */
function withoutUndefined(content: Content): Content {
  const { resolution, color_depth, ...display } = content.display;
  const { storage, ...resources } = content.defaultResources;
  return {
    ...content,
    display: { ...display, ...(resolution === undefined ? {} : { resolution }), ...(color_depth === undefined ? {} : { color_depth }) },
    defaultResources: { ...resources, ...(storage === undefined ? {} : { storage }) },
  };
}

import { cpuRule, idleTimeoutRule, memoryRule, type QuantityRule, quantityProblem } from "@berth/protocol/quantity-rules";
import type { SessionPolicy } from "@berth/protocol/session-policy";
import { MAX_TAGS, SESSION_NAME, SESSION_NAME_WORDS, TAG, TAG_WORDS } from "@berth/protocol/session-text";
import { capabilitiesProblem, labelsOf, wordsOf } from "../../format/label-words";
import type { Inputs } from "../../trpc/client";

type CreateInput = Inputs["sessions"]["create"];
type PlacementInput = Inputs["sessions"]["explainPlacement"];
/** Of a session's policy what the person switches off; the template's holds for the rest. */
export type PolicyWish = Partial<Record<keyof SessionPolicy, false>>;

/** The launch form as it is typed: text, with nothing where the template's default is to hold. */
export interface LaunchDraft {
  readonly name: string;
  readonly memory: string;
  readonly cpu: string;
  readonly home: "new" | "existing" | "snapshot" | "none";
  readonly homeId: string;
  readonly snapshotId: string;
  /** Empty: anywhere. Else `agent:`, `region:` or `platform:` and its name. */
  readonly where: string;
  /** `gpu=yes, zone=a`: what the agent must have. */
  readonly agentLabels: string;
  /** With commas between. */
  readonly agentCapabilities: string;
  readonly strategy: "" | "spread" | "pack";
  /** Wait where there is no room now. */
  readonly queue: boolean;
  readonly idleTimeout: string;
  readonly tags: string;
  readonly policy: PolicyWish;
}

export const emptyDraft: LaunchDraft = {
  name: "",
  memory: "",
  cpu: "",
  home: "new",
  homeId: "",
  snapshotId: "",
  where: "",
  agentLabels: "",
  agentCapabilities: "",
  strategy: "",
  queue: false,
  idleTimeout: "",
  tags: "",
  policy: {},
};

type Checked = { input: CreateInput; problems: null } | { input: null; problems: Readonly<Record<string, string>> };

const text = (value: string) => value.trim() || undefined;

/** What the form asks for, or what is wrong with it, by the names of the server's fields (`resources.memory`). The server checks again. */
export function checkDraft(draft: LaunchDraft, template: string): Checked {
  const tags = wordsOf(draft.tags);
  const quantity = (rule: QuantityRule, value: string) => (value.trim() ? quantityProblem(rule, value.trim()) : null);
  const found: Record<string, string | null> = {
    name: draft.name.trim() && !SESSION_NAME.test(draft.name.trim()) ? SESSION_NAME_WORDS : null,
    "resources.memory": quantity(memoryRule, draft.memory),
    "resources.cpu": quantity(cpuRule, draft.cpu),
    idleTimeout: quantity(idleTimeoutRule, draft.idleTimeout),
    agentLabels: labelsOf(draft.agentLabels).problem,
    agentCapabilities: capabilitiesProblem(draft.agentCapabilities),
    homeId: draft.home === "existing" && !draft.homeId ? "Choose which home to use" : null,
    snapshotId: draft.home === "snapshot" && !draft.snapshotId ? "Choose which snapshot to begin from" : null,
    tags: tags.length > MAX_TAGS ? `at most ${MAX_TAGS} tags` : tags.every((tag) => TAG.test(tag)) ? null : TAG_WORDS,
  };
  const problems = Object.fromEntries(Object.entries(found).flatMap(([field, problem]) => (problem ? [[field, problem]] : [])));
  if (Object.keys(problems).length > 0) return { input: null, problems };
  const input: CreateInput = {
    ...placementWish(draft, template),
    name: text(draft.name),
    persistentHome: draft.home !== "none",
    idleTimeout: text(draft.idleTimeout),
    tags,
    ...(draft.queue ? { queue: true } : {}),
    ...(Object.keys(draft.policy).length > 0 ? { policy: draft.policy } : {}),
  };
  return { input, problems: null };
}

/** What of the form decides where the session goes; what is wrong yet is left out. */
export function placementWish(draft: LaunchDraft, template: string): PlacementInput {
  const right = (rule: QuantityRule, value: string) =>
    value.trim() && quantityProblem(rule, value.trim()) === null ? value.trim() : undefined;
  const resources = { memory: right(memoryRule, draft.memory), cpu: right(cpuRule, draft.cpu) };
  const home = draft.home === "existing" && draft.homeId ? draft.homeId : undefined;
  const snapshot = draft.home === "snapshot" && draft.snapshotId ? draft.snapshotId : undefined;
  const [kind, name] = [draft.where.split(":", 1)[0], draft.where.slice(draft.where.indexOf(":") + 1)];
  const { labels } = labelsOf(draft.agentLabels);
  const capabilities = capabilitiesProblem(draft.agentCapabilities) ? [] : wordsOf(draft.agentCapabilities);
  return {
    template,
    ...(labels && Object.keys(labels).length > 0 ? { agentLabels: labels } : {}),
    ...(capabilities.length > 0 ? { agentCapabilities: capabilities } : {}),
    ...(draft.strategy ? { strategy: draft.strategy } : {}),
    ...(resources.memory || resources.cpu ? { resources } : {}),
    ...(home ? { homeId: home } : {}),
    ...(snapshot ? { snapshotId: snapshot } : {}),
    // The home decides.
    ...(home || snapshot || !name ? {} : kind === "agent" ? { agentId: name } : kind === "region" ? { region: name } : platformWish(name)),
  };
}

const platformWish = (name: string): Pick<PlacementInput, "platform"> =>
  name === "docker" || name === "kubernetes" ? { platform: name } : {};

import { cpuRule, idleTimeoutRule, memoryRule, type QuantityRule, quantityProblem } from "@berth/protocol/quantity-rules";
import type { SessionPolicy } from "@berth/protocol/session-policy";
import { MAX_TAGS, SESSION_NAME, SESSION_NAME_WORDS, TAG, TAG_WORDS } from "@berth/protocol/session-text";
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
  readonly home: "new" | "existing" | "none";
  readonly homeId: string;
  /** Empty: anywhere. Else `agent:`, `region:` or `platform:` and its name. */
  readonly where: string;
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
  where: "",
  idleTimeout: "",
  tags: "",
  policy: {},
};

type Checked = { input: CreateInput; problems: null } | { input: null; problems: Readonly<Record<string, string>> };

const text = (value: string) => value.trim() || undefined;
const tagsOf = (draft: LaunchDraft): string[] =>
  draft.tags
    .split(",")
    .map((tag) => tag.trim())
    .filter(Boolean);

/** What the form asks for, or what is wrong with it, by the names of the server's fields (`resources.memory`). The server checks again. */
export function checkDraft(draft: LaunchDraft, template: string): Checked {
  const tags = tagsOf(draft);
  const quantity = (rule: QuantityRule, value: string) => (value.trim() ? quantityProblem(rule, value.trim()) : null);
  const found: Record<string, string | null> = {
    name: draft.name.trim() && !SESSION_NAME.test(draft.name.trim()) ? SESSION_NAME_WORDS : null,
    "resources.memory": quantity(memoryRule, draft.memory),
    "resources.cpu": quantity(cpuRule, draft.cpu),
    idleTimeout: quantity(idleTimeoutRule, draft.idleTimeout),
    homeId: draft.home === "existing" && !draft.homeId ? "Choose which home to use" : null,
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
  const [kind, name] = [draft.where.split(":", 1)[0], draft.where.slice(draft.where.indexOf(":") + 1)];
  return {
    template,
    ...(resources.memory || resources.cpu ? { resources } : {}),
    ...(home ? { homeId: home } : {}),
    // The home decides.
    ...(home || !name ? {} : kind === "agent" ? { agentId: name } : kind === "region" ? { region: name } : platformWish(name)),
  };
}

const platformWish = (name: string): Pick<PlacementInput, "platform"> =>
  name === "docker" || name === "kubernetes" ? { platform: name } : {};

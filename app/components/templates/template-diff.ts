import { sessionPolicyFields } from "@berth/protocol/session-policy-fields";
import type { TemplateContent } from "../../../server/modules/templates/templates-schema";
import { cpuWords, durationWords, memoryWords } from "../../format/quantity";
import { policyWords } from "./policy-words";
import { probeWords } from "./probe-words";

/** A template's content as it arrives and as the editor has it. */
export type Content = Readonly<Omit<TemplateContent, "defaultResources" | "display">> & {
  readonly defaultResources: Readonly<TemplateContent["defaultResources"]>;
  readonly display: Readonly<TemplateContent["display"]>;
};

export interface FieldChange {
  readonly field: string;
  readonly kind: "added" | "removed" | "changed";
  /** In words; null where there was, or is, nothing. */
  readonly before: string | null;
  readonly after: string | null;
}

const yesNo = (value: boolean) => (value ? "yes" : "no");
const orNothing = (value: string | null | undefined) => (value === undefined || value === null || value === "" ? null : value);

/** Every field of a template in the order in which people read them. */
const fields: readonly { readonly field: string; read(content: Content): string | null }[] = [
  { field: "Title", read: (one) => one.displayName },
  { field: "Category", read: (one) => one.category },
  { field: "Description", read: (one) => orNothing(one.description) },
  { field: "Icon", read: (one) => (one.icon?.startsWith("upload-") ? `uploaded ${one.icon.slice(7, 15)}` : orNothing(one.icon)) },
  { field: "Icon address", read: (one) => orNothing(one.iconUrl) },
  { field: "Image", read: (one) => one.image },
  { field: "Display", read: (one) => (one.display.protocol === "rfb" ? "desktop (RFB)" : "web app (HTTP)") },
  { field: "Port", read: (one) => String(one.display.port) },
  { field: "Path", read: (one) => one.display.path },
  { field: "Display by unix socket", read: (one) => yesNo(one.display.unix_socket) },
  { field: "Resolution", read: (one) => orNothing(one.display.resolution) },
  { field: "Colour depth", read: (one) => (one.display.color_depth === undefined ? null : `${one.display.color_depth} bit`) },
  { field: "Security", read: (one) => one.security },
  { field: "Memory", read: (one) => memoryWords(one.defaultResources.memory) },
  { field: "CPU", read: (one) => cpuWords(one.defaultResources.cpu) },
  { field: "Storage", read: (one) => (one.defaultResources.storage === undefined ? null : memoryWords(one.defaultResources.storage)) },
  { field: "Keeps its home", read: (one) => yesNo(one.persistentHome) },
  { field: "Home folder", read: (one) => one.homePath },
  { field: "Hibernates when idle", read: (one) => durationWords(one.idleTimeout) },
  { field: "Hibernates by", read: (one) => one.hibernateMode },
  { field: "Shared memory", read: (one) => memoryWords(one.shmSize) },
  { field: "Processes at most", read: (one) => String(one.pidsLimit) },
  { field: "Ready within", read: (one) => `${one.readyTimeoutSeconds} s` },
  { field: "Folders to write to", read: (one) => orNothing(one.accessParameters.writablePaths?.join(", ")) },
  { field: "Folders to read only", read: (one) => orNothing(one.accessParameters.readOnlyPaths?.join(", ")) },
  { field: "Configuration folder", read: (one) => orNothing(one.accessParameters.configDir) },
  { field: "Instructions folder", read: (one) => orNothing(one.accessParameters.instructionsDir) },
  {
    field: "Reads its configuration again",
    read: ({ accessParameters: { supportsHotReload, reloadSignal = "HUP", reloadProcess } }) =>
      supportsHotReload ? `by ${reloadSignal}${reloadProcess ? ` to ${reloadProcess}` : ""}` : null,
  },
  { field: "Probes", read: ({ health }) => health.probes.map(probeWords).join(", ") || "none" },
  {
    field: "Asked",
    read: ({ health }) =>
      `every ${health.intervalSeconds} s, ${health.timeoutSeconds} s for an answer, ${health.failureThreshold} failures, ${health.startPeriodSeconds} s to start`,
  },
  {
    field: "When unhealthy",
    read: ({ health }) =>
      health.onUnhealthy === "nothing" ? "nothing" : `restart, ${health.maxRestarts} an hour, after ${health.backoffSeconds} s at first`,
  },
  { field: "Placement", read: (one) => orNothing(one.placement.strategy) },
  ...sessionPolicyFields.map((field) => ({ field: policyWords[field], read: (one: Content) => yesNo(one.policy[field]) })),
];

/** What differs, field by field; tags and variables each by itself. Empty: the same. */
export function templateDiff(before: Content, after: Content): FieldChange[] {
  const changes = fields.flatMap(({ field, read }) => change(field, read(before), read(after)));
  const tags = (content: Content) => new Map(content.tags.map((tag) => [tag, tag]));
  const variables = (content: Content) => new Map(Object.entries(content.environment));
  const labels = (content: Content) => new Map(Object.entries(content.placement.labels));
  const capabilities = (content: Content) => new Map(content.placement.capabilities.map((capability) => [capability, "needed"]));
  return [
    ...changes,
    ...changesOf("Tag", tags(before), tags(after)),
    ...changesOf("Agent label", labels(before), labels(after)),
    ...changesOf("Agent capability", capabilities(before), capabilities(after)),
    ...changesOf("Variable", variables(before), variables(after)),
  ];
}

function changesOf(word: string, before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): FieldChange[] {
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  return names.flatMap((name) => change(`${word} ${name}`, before.get(name) ?? null, after.get(name) ?? null));
}

function change(field: string, before: string | null, after: string | null): FieldChange[] {
  if (before === after) return [];
  return [{ field, before, after, kind: before === null ? "added" : after === null ? "removed" : "changed" }];
}

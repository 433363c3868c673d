import type { SessionPolicy } from "@berth/protocol/session-policy";

/** What each part of a policy allows, as a person would say it. */
export const policyWords: Readonly<Record<keyof SessionPolicy, string>> = {
  clipboardIn: "Text may be pasted into it",
  clipboardOut: "Text may be copied out of it",
  fileTransfer: "Files may be transferred",
  sharing: "Others may be invited to its screen",
  thumbnails: "Lists may show small pictures of it",
};

/** In the order in which they are asked. Listed by hand: the protocol's own list brings the schema library with it. */
export const policyFields = [
  "clipboardIn",
  "clipboardOut",
  "fileTransfer",
  "sharing",
  "thumbnails",
] as const satisfies readonly (keyof SessionPolicy)[];

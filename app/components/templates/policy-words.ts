import type { SessionPolicy } from "@berth/protocol/session-policy";

/** What each part of a policy allows, as a person would say it. */
export const policyWords: Readonly<Record<keyof SessionPolicy, string>> = {
  clipboardIn: "Text may be pasted into it",
  clipboardOut: "Text may be copied out of it",
  fileTransfer: "Files may be transferred",
  sharing: "Others may be invited to its screen",
  thumbnails: "Lists may show small pictures of it",
  terminals: "Its owner may open terminals inside it",
  ports: "Its ports may be opened and shared",
};

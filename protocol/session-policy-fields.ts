/** The names in a session's policy, for whoever needs only these: a page that loads no schema. */
export const sessionPolicyFields = ["clipboardIn", "clipboardOut", "fileTransfer", "sharing", "thumbnails", "terminals", "ports"] as const;

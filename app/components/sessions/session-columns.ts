/** Columns of the list of sessions beside name and state, in their order. */
export const sessionColumns = ["owner", "agent", "resources", "createdAt", "updatedAt", "lastActivity"] as const;
export type SessionColumn = (typeof sessionColumns)[number];

export const columnWords: Readonly<Record<SessionColumn, string>> = {
  owner: "Owner",
  agent: "Agent",
  resources: "Resources",
  createdAt: "Created",
  updatedAt: "Changed",
  lastActivity: "Last input",
};

export const SESSION_COLUMNS_COOKIE = "berth-session-columns";

/** What a list shows of which nobody chose: whose each session is where it has more than one person's, and what each has otherwise. */
export const usualColumns = (showOwner: boolean): readonly SessionColumn[] => (showOwner ? ofMany : ofOne);
const ofMany = ["owner", "agent", "createdAt"] as const;
const ofOne = ["agent", "resources", "createdAt"] as const;

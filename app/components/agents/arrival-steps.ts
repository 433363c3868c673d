import { counted, formatBytes, formatCores } from "../../format/quantity";

export interface ArrivalFacts {
  /** `agent_id` of the agent that used the token. */
  readonly usedBy: string | null;
  readonly revoked: boolean;
  /** It waits for an administrator's word. */
  readonly awaitsApproval: boolean;
  readonly connected: boolean;
  /** It is heard of by requests alone: no inventory will come. */
  readonly tasksOnly: boolean;
  readonly inventory: boolean;
  readonly currentSessions: number;
  readonly capacity: { readonly cpu: number | null; readonly memory: number | null } | null;
}

export interface ArrivalStep {
  readonly label: string;
  readonly note: string;
  readonly state: "done" | "now" | "next";
}

/** How far a new agent has come. Only the first step that isn't done is under way. */
export function arrivalSteps(facts: ArrivalFacts): ArrivalStep[] {
  const { usedBy, revoked, awaitsApproval, connected, tasksOnly, inventory, currentSessions, capacity } = facts;
  const registered = usedBy !== null;
  const room = [
    capacity?.cpu == null ? null : formatCores(capacity.cpu),
    capacity?.memory == null ? null : formatBytes(capacity.memory * 2 ** 30),
  ]
    .filter((part) => part !== null)
    .join(" and ");
  const steps = [
    {
      label: registered ? "Command was run" : "Waiting for the command to be run",
      note: registered
        ? "The token is used up."
        : revoked
          ? "The token was revoked. Make a new command."
          : "Paste it into a shell on the host.",
      done: registered,
    },
    {
      label: "Registered",
      note: registered
        ? awaitsApproval
          ? `It is called ${usedBy} and waits for its key to be approved on its page.`
          : `It is called ${usedBy} and has a certificate of its own.`
        : "The token is exchanged for a certificate.",
      done: registered && !awaitsApproval,
    },
    {
      label: "Connected",
      note: tasksOnly
        ? "It is heard of by heartbeats, and has no channel."
        : connected
          ? "Its channel is open."
          : "It opens its channel to the control plane.",
      done: registered && !awaitsApproval && connected,
    },
    {
      label: "Inventory received",
      note: tasksOnly
        ? "Needs a channel: it takes tasks, and no sessions."
        : inventory
          ? `${room ? `It offers ${room}` : "Its engine answers"}; ${counted(currentSessions, "session")} found there.`
          : "It says what its engine holds and what room there is.",
      done: registered && !awaitsApproval && connected && (inventory || tasksOnly),
    },
  ];
  const now = steps.findIndex((step) => !step.done);
  return steps.map(({ done, ...step }, index) => ({ ...step, state: done ? "done" : index === now ? "now" : "next" }));
}

import type { Check } from "../check";
import { agentChannelChecks, agentReconnectChecks } from "./agent-channel-checks";
import { agentCommandChecks, agentHibernationChecks } from "./agent-command-checks";
import { agentEnrolmentChecks, agentIdentityChecks } from "./agent-enrolment-checks";
import { agentHttpChecks } from "./agent-http-checks";
import { agentInsideChecks } from "./agent-inside-checks";
import { agentTaskChecks } from "./agent-task-checks";
import { agentTunnelChecks } from "./agent-tunnel-checks";
import type { AgentWorld } from "./agent-world";

/** What an agent is held against, in the order in which it is asked. */
export const agentChecks: readonly Check<AgentWorld>[] = [
  ...agentEnrolmentChecks,
  ...agentChannelChecks,
  ...agentCommandChecks,
  ...agentTunnelChecks,
  ...agentInsideChecks,
  ...agentTaskChecks,
  ...agentHttpChecks,
  ...agentReconnectChecks,
  ...agentHibernationChecks,
  ...agentIdentityChecks,
];

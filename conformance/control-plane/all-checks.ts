import type { Check } from "../check";
import { agentsChecks } from "./agents-checks";
import { channelChecks } from "./channel-checks";
import { commandChecks, endingChecks } from "./command-checks";
import { enrolmentChecks } from "./enrolment-checks";
import { heartbeatChecks } from "./heartbeat-checks";
import { identityChecks } from "./identity-checks";
import { nodeCallbackChecks } from "./node-callback-checks";
import type { Plane } from "./plane";
import { taskChecks } from "./task-checks";
import { taskStreamChecks } from "./task-stream-checks";
import { tunnelChecks } from "./tunnel-checks";

/** What a control plane is held against, in the order in which it is asked. */
export const controlPlaneChecks: readonly Check<Plane>[] = [
  ...enrolmentChecks,
  ...identityChecks,
  ...agentsChecks,
  ...heartbeatChecks,
  ...taskChecks,
  ...taskStreamChecks,
  ...channelChecks,
  ...commandChecks,
  ...tunnelChecks,
  ...endingChecks,
  ...nodeCallbackChecks,
];

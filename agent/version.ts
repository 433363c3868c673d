/** Told to the control plane at registration and printed by `--version`. */
export const AGENT_VERSION = "0.1.0";

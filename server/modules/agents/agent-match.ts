/** What of an agent a wish for one is held against. */
export interface MatchedAgent {
  readonly labels: Readonly<Record<string, string>>;
  readonly capabilities: readonly string[];
}

/** Labels that the agent must have, all of them (the same key twice with different values fits nowhere), and capabilities. */
export interface AgentWish {
  readonly labels?: readonly (readonly [key: string, value: string])[];
  readonly capabilities?: readonly string[];
}

/** All that the agent lacks of what is wished for, in words; empty where it matches. The one rule, for sessions and for tasks. */
export const lackOf = ({ labels = [], capabilities = [] }: AgentWish, agent: MatchedAgent): string[] => [
  ...labels.filter(([key, value]) => agent.labels[key] !== value).map(([key, value]) => `the label ${key}=${value}${instead(agent, key)}`),
  ...capabilities.filter((one) => !agent.capabilities.includes(one)).map((one) => `the capability ${one}`),
];

const instead = (agent: MatchedAgent, key: string): string =>
  Object.hasOwn(agent.labels, key) ? ` (has ${key}=${agent.labels[key]})` : "";

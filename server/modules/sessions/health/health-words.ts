/** How a session is. `stopped`: it is not to run now; `unknown`: nobody can ask its agent. */
export const healthWords = ["healthy", "unhealthy", "starting", "stopped", "unknown"] as const;
export type HealthWord = (typeof healthWords)[number];

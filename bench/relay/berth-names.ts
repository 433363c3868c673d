/** What the bench's control plane and agent agree on. */
export const BENCH_AGENT = { id: "6f1c1c1e-5d4e-4a55-9f0a-0f5b3c0a7d11", name: "bench-agent", secret: "bench-agent-secret" } as const;
export const BENCH_SESSION = "0c8a2c57-2f0b-4b7e-8a55-4a0f6a7a9d22";

import type { StartSessionData } from "@berth/protocol/agent-commands";

/** A start command's data; what a test cares about it says itself. */
export function startData(overrides: Partial<StartSessionData> = {}): StartSessionData {
  return {
    name: "test-session",
    namespace: "berth",
    user: "tester",
    template: "memory",
    image: "memory/desktop",
    resources: { memory: "256Mi", cpu: "500m" },
    vnc: { port: 5900 },
    persistent_home: false,
    environment: {},
    generation: 1,
    display: { protocol: "rfb", port: 5900, unix_socket: true, path: "/" },
    security: "strict",
    home: null,
    shm_size_bytes: 64 * 1024 * 1024,
    pids_limit: 256,
    hibernate_mode: "stop",
    ready_timeout_seconds: 30,
    ...overrides,
  };
}

/** Every page that people work in, and whether it is held to the bar for scripts: viewers and editors are not. */
export interface PageToMeasure {
  readonly name: string;
  readonly path: (things: { sessionId: string; userId: string; taskId: string }) => string;
  readonly heavy?: boolean;
}

export const pages: readonly PageToMeasure[] = [
  { name: "Overview", path: () => "/" },
  { name: "Sessions", path: () => "/sessions" },
  { name: "New session", path: () => "/sessions/new" },
  { name: "Session (viewer)", path: ({ sessionId }) => `/sessions/${sessionId}`, heavy: true },
  { name: "Templates", path: () => "/templates" },
  { name: "Template", path: () => "/templates/terminal-desktop" },
  { name: "Template (editor)", path: () => "/templates/terminal-desktop/edit", heavy: true },
  { name: "New template (editor)", path: () => "/templates/new", heavy: true },
  { name: "Import templates", path: () => "/templates/import" },
  { name: "Homes", path: () => "/homes" },
  { name: "Agents", path: () => "/agents" },
  { name: "Agent", path: () => "/agents/host-1" },
  { name: "Add agent", path: () => "/agents/add" },
  { name: "Tasks", path: () => "/tasks" },
  { name: "Task", path: ({ taskId }) => `/tasks/${taskId}` },
  { name: "New task", path: () => "/tasks/new?kind=docker.run" },
  { name: "Users", path: () => "/users" },
  { name: "User", path: ({ userId }) => `/users/${userId}` },
  { name: "Audit", path: () => "/audit" },
  { name: "Profile", path: () => "/settings/profile" },
  { name: "Security", path: () => "/settings/security" },
  { name: "Preferences", path: () => "/settings/preferences" },
  { name: "API tokens", path: () => "/settings/tokens" },
  { name: "Quotas", path: () => "/settings/quotas" },
  { name: "Webhooks", path: () => "/settings/webhooks" },
  { name: "API", path: () => "/settings/api" },
];

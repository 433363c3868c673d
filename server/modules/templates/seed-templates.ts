import type { z } from "zod";
import type { Database } from "../../platform/database";
import { createTemplateInput } from "./templates-schema";
import type { TemplatesService } from "./templates-service";
import { findTemplate } from "./templates-store";

interface Seed {
  readonly tried: boolean;
  readonly template: z.input<typeof createTemplateInput>;
}

const ours: Seed[] = [
  {
    tried: true,
    template: {
      name: "firefox-browser",
      displayName: "Firefox",
      category: "Web Browsers",
      description: "A desktop with the Firefox web browser.",
      tags: ["browser", "web", "desktop"],
      icon: "globe",
      image: "berth/firefox-browser:1",
      display: { protocol: "rfb", port: 5900, unix_socket: true, resolution: "1920x1080", color_depth: 24 },
      defaultResources: { memory: "2Gi", cpu: "1000m", storage: "10Gi" },
      shmSize: "512Mi",
    },
  },
  {
    tried: true,
    template: {
      name: "terminal-desktop",
      displayName: "Terminal desktop",
      category: "Desktops",
      description: "A small desktop with a terminal: the quickest one to start.",
      tags: ["terminal", "desktop"],
      icon: "terminal",
      image: "berth/terminal-desktop:1",
      display: { protocol: "rfb", port: 5900, unix_socket: true, resolution: "1920x1080", color_depth: 24 },
      defaultResources: { memory: "1Gi", cpu: "1000m", storage: "10Gi" },
    },
  },
  {
    tried: true,
    template: {
      name: "scratchpad",
      displayName: "Scratchpad",
      category: "Web Apps",
      description: "A small notes app with live updates, on a web origin of its own.",
      tags: ["notes", "web"],
      icon: "notebook-pen",
      image: "berth/scratchpad:1",
      display: { protocol: "http", port: 8080 },
      defaultResources: { memory: "256Mi", cpu: "500m", storage: "1Gi" },
    },
  },
];

/** Well-known public images, as their own pages describe them. Nobody tried them with this version of Berth. */
const wellKnown: Seed[] = [
  {
    tried: false,
    template: {
      name: "webtop",
      displayName: "Webtop",
      category: "Desktops",
      description: "LinuxServer's full desktop in the browser (Selkies).",
      tags: ["desktop", "linuxserver"],
      icon: "monitor",
      image: "lscr.io/linuxserver/webtop:latest",
      display: { protocol: "http", port: 3000 },
      security: "compatible",
      defaultResources: { memory: "2Gi", cpu: "2000m", storage: "20Gi" },
      environment: { PUID: "1000", PGID: "1000", TZ: "UTC" },
      homePath: "/config",
      shmSize: "1Gi",
      readyTimeoutSeconds: 180,
    },
  },
  {
    tried: false,
    template: {
      name: "webtop-firefox",
      displayName: "Firefox (LinuxServer)",
      category: "Web Browsers",
      description: "LinuxServer's Firefox, streamed over the web.",
      tags: ["browser", "linuxserver"],
      icon: "globe",
      image: "lscr.io/linuxserver/firefox:latest",
      display: { protocol: "http", port: 3000 },
      security: "compatible",
      defaultResources: { memory: "2Gi", cpu: "1000m", storage: "10Gi" },
      environment: { PUID: "1000", PGID: "1000", TZ: "UTC" },
      homePath: "/config",
      shmSize: "1Gi",
      readyTimeoutSeconds: 180,
    },
  },
  {
    tried: false,
    template: {
      name: "code-server",
      displayName: "VS Code (code-server)",
      category: "Development",
      description: "VS Code in the browser, by LinuxServer.",
      tags: ["editor", "development", "linuxserver"],
      icon: "code",
      image: "lscr.io/linuxserver/code-server:latest",
      display: { protocol: "http", port: 8443 },
      security: "compatible",
      defaultResources: { memory: "2Gi", cpu: "2000m", storage: "20Gi" },
      environment: { PUID: "1000", PGID: "1000", TZ: "UTC" },
      homePath: "/config",
      readyTimeoutSeconds: 180,
    },
  },
  {
    tried: false,
    template: {
      name: "jupyter",
      displayName: "JupyterLab",
      category: "Development",
      description: "Jupyter's minimal notebook image.",
      tags: ["python", "notebook", "development"],
      icon: "notebook",
      image: "quay.io/jupyter/minimal-notebook:latest",
      display: { protocol: "http", port: 8888, path: "/lab" },
      security: "compatible",
      defaultResources: { memory: "2Gi", cpu: "1000m", storage: "10Gi" },
      homePath: "/home/jovyan",
      readyTimeoutSeconds: 180,
    },
  },
];

/** Adds those that are missing by name, at a first start. A template that an administrator changed stays as it is; one that was removed stays away. */
export async function seedTemplates(deps: {
  readonly database: Database;
  readonly templates: TemplatesService;
}): Promise<readonly string[]> {
  if ((await deps.templates.list({ page: 1, limit: 1 })).pagination.total > 0) return [];
  const added: string[] = [];
  for (const { template, tried } of [...ours, ...wellKnown]) {
    if (await findTemplate(deps.database, template.name)) continue;
    await deps.templates.insert({ kind: "system" }, createTemplateInput.parse(template), tried);
    added.push(template.name);
  }
  return added;
}

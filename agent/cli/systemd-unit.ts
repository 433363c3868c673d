import type { AgentSettings } from "./options";

/** A unit that runs this program with these settings. The token is left out: the host is enrolled by the first run, by hand. */
export function systemdUnit(settings: AgentSettings, node: string, program: string): string {
  const flags = [
    `--url ${quoted(settings.url.href)}`,
    `--name ${settings.name}`,
    `--data-dir ${quoted(settings.dataDir)}`,
    ...(settings.driver === "memory" ? ["--driver memory"] : []),
    ...(settings.dockerHost ? [`--docker-host ${quoted(settings.dockerHost)}`] : []),
    ...(settings.region ? [`--region ${quoted(settings.region)}`] : []),
    ...Object.entries(settings.labels).map(([key, value]) => `--label ${quoted(`${key}=${value}`)}`),
    ...(settings.limits.maxSessions ? [`--max-sessions ${settings.limits.maxSessions}`] : []),
    ...(settings.limits.maxCpu ? [`--max-cpu ${settings.limits.maxCpu}`] : []),
    ...(settings.limits.maxMemoryGiB ? [`--max-memory ${settings.limits.maxMemoryGiB}`] : []),
    ...(settings.logRetentionDays === undefined ? [] : [`--log-retention-days ${settings.logRetentionDays}`]),
    ...(settings.nodeApiListen ? [`--node-api-listen ${addressOf(settings.nodeApiListen)}`] : []),
    ...(settings.insecure ? ["--insecure"] : []),
  ];
  return `[Unit]
Description=Berth agent
Wants=network-online.target
After=network-online.target docker.service

[Service]
ExecStart=${quoted(node)} ${quoted(program)} \\
  ${flags.join(" \\\n  ")}
Restart=always
RestartSec=2
# Sessions are containers of the engine and go on when the agent ends.
KillMode=mixed
TimeoutStopSec=20
NoNewPrivileges=yes
PrivateTmp=yes
ProtectHome=read-only
LimitNOFILE=65536

[Install]
WantedBy=multi-user.target
`;
}

/** systemd reads \`%\` as a specifier and \`$\` as a variable. */
function quoted(text: string): string {
  const safe = text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("%", "%%").replaceAll("$", "$$$$");
  return /^[A-Za-z0-9_./:=,@-]+$/.test(text) ? text : `"${safe}"`;
}

const addressOf = ({ host, port }: { host: string; port: number }): string => `${host.includes(":") ? `[${host}]` : host}:${port}`;

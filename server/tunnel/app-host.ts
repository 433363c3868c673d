/** Which session's app a Host names: `s-<uuid>[-<port>].<APPS_DOMAIN>`. */
export interface AppHost {
  readonly sessionId: string;
  /** Null: the port of the session's display. */
  readonly port: number | null;
}

/** A name under `appsDomain` (or it itself), whoever's; its port is ignored. */
export function isUnderAppsDomain(host: string | undefined, appsDomain: string): boolean {
  const name = nameOf(host);
  return name === appsDomain || name.endsWith(`.${appsDomain}`);
}

/** Null for a name that is no app's. */
export function parseAppHost(host: string | undefined, appsDomain: string): AppHost | null {
  const name = nameOf(host);
  if (!name.endsWith(`.${appsDomain}`)) return null;
  const label = name.slice(0, -appsDomain.length - 1);
  const found = /^s-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:-([1-9]\d{0,4}))?$/.exec(label);
  if (!found?.[1]) return null;
  const port = found[2] === undefined ? null : Number(found[2]);
  return port !== null && port > 65_535 ? null : { sessionId: found[1], port };
}

const nameOf = (host: string | undefined): string => (host ?? "").toLowerCase().replace(/:\d*$/, "").replace(/\.$/, "");

/**
 * The installer that an operator pipes into `sh`. POSIX sh, everything inside a function, so that a download that breaks off runs
 * nothing. The program is run only if its SHA-256 is the one in the pasted command (or, without one, that which the control plane
 * publishes: enough against a broken download, not against a changed one).
 */
export function installerScript(downloadUrl: URL): string {
  return script.replaceAll("__URL__", () => quote(downloadUrl.href.replace(/\/$/, "")));
}

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

const script = String.raw`#!/bin/sh
# Installs the Berth agent on this host and enrols it.
#   --token TOKEN    one-time registration token (needed the first time)
#   --url URL        control plane, as agents dial it; default: where this script came from
#   --sha256 HASH    what the agent program must hash to
#   --ca-sha256 HASH the control plane's certificate authority; the agent enrols with no other
#   --name NAME      agent_id; default: this host's name
#   --systemd        install and start a systemd service (as root)
#   --dir FOLDER     where to put the program and its data
set -eu

fail() { printf 'berth: %s\n' "$*" >&2; exit 1; }
say() { printf 'berth: %s\n' "$*"; }

fetch() {
  if command -v curl >/dev/null 2>&1; then curl -fsSL -o "$2" "$1"
  elif command -v wget >/dev/null 2>&1; then wget -q -O "$2" "$1"
  else fail "neither curl nor wget is installed; install one of them"
  fi
}

main() {
  from=__URL__ url=__URL__ token='' sha256='' ca='' name='' systemd=no dir=''
  while [ $# -gt 0 ]; do
    case "$1" in
      --systemd) systemd=yes; shift; continue ;;
      --url|--token|--sha256|--ca-sha256|--name|--dir) [ $# -ge 2 ] || fail "$1 needs a value" ;;
      *) fail "unknown option $1" ;;
    esac
    case "$1" in
      --url) url=$2 ;;
      --token) token=$2 ;;
      --sha256) sha256=$2 ;;
      --ca-sha256) ca=$2 ;;
      --name) name=$2 ;;
      --dir) dir=$2 ;;
    esac
    shift 2
  done
  url=$(printf '%s' "$url" | sed 's:/*$::')

  command -v node >/dev/null 2>&1 || fail "Node.js is not installed; version 20 or newer is needed"
  major=$(node -p 'process.versions.node.split(".")[0]')
  [ "$major" -ge 20 ] || fail "Node.js 20 or newer is needed; this is $(node --version)"

  if [ -z "$dir" ]; then
    if [ "$(id -u)" -eq 0 ]; then dir=/var/lib/berth-agent; else dir=$HOME/.local/share/berth-agent; fi
  fi
  mkdir -p "$dir"
  chmod 700 "$dir"
  case "$dir" in /*) ;; *) dir=$(cd "$dir" && pwd) ;; esac

  new=$dir/agent.mjs.new
  say "downloading the agent from $from"
  fetch "$from/agent/download/agent.mjs" "$new" || fail "the agent could not be downloaded from $from"
  if [ -z "$sha256" ]; then
    fetch "$from/agent/download/agent.mjs.sha256" "$new.sha256" || fail "the hash could not be downloaded from $from"
    sha256=$(cut -d' ' -f1 <"$new.sha256")
    rm -f "$new.sha256"
  fi
  found=$(node -e 'process.stdout.write(require("crypto").createHash("sha256").update(require("fs").readFileSync(process.argv[1])).digest("hex"))' "$new")
  if [ "$found" != "$sha256" ]; then
    rm -f "$new"
    fail "the downloaded agent has SHA-256 $found, but $sha256 was expected; nothing was run"
  fi
  mv "$new" "$dir/agent.mjs"

  # An agent that is enrolled here already keeps its name.
  [ -n "$name" ] || name=$(node -e '
    let name;
    try { name = JSON.parse(require("fs").readFileSync(process.argv[1] + "/credential.json", "utf8")).name; }
    catch { name = require("os").hostname().split(".")[0].toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, ""); }
    process.stdout.write(name);' "$dir")
  set -- --url "$url" --data-dir "$dir" --name "$name"
  if [ -n "$token" ]; then
    # In a file, so that no list of processes shows it.
    (umask 077; printf '%s' "$token" >"$dir/token")
    set -- "$@" --token-file "$dir/token"
  fi

  [ -z "$ca" ] || set -- "$@" --ca-sha256 "$ca"

  if [ "$systemd" = no ]; then
    [ "$(id -u)" -ne 0 ] || command -v systemctl >/dev/null 2>&1 && say "add --systemd to run it as a service instead"
    say "starting the agent; end it with Ctrl-C"
    exec node "$dir/agent.mjs" "$@"
  fi

  [ "$(id -u)" -eq 0 ] || fail "--systemd needs root; run the command with sudo"
  command -v systemctl >/dev/null 2>&1 || fail "systemd is not here; leave out --systemd"
  case "$url$dir$name" in *[!A-Za-z0-9.:/_@-]*) fail "for a service, --url, --dir and --name must be plain letters, digits and . : / _ @ -" ;; esac
  cat >/etc/systemd/system/berth-agent.service <<UNIT
[Unit]
Description=Berth agent
After=network-online.target docker.service
Wants=network-online.target

[Service]
ExecStart=$(command -v node) $dir/agent.mjs $*
Restart=always
RestartSec=2
KillMode=process

[Install]
WantedBy=multi-user.target
UNIT
  systemctl daemon-reload
  systemctl enable --now berth-agent.service
  say "the agent runs as berth-agent.service; see 'journalctl -u berth-agent'"
}

main "$@"
`;

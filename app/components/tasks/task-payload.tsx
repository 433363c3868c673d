import type { ReactNode } from "react";
import { cpuWords, memoryWords } from "../../format/quantity";
import { Badge } from "../data/badge";
import { Fact, Facts } from "../data/facts";
import { imageWords, isTrueAt, numberAt, pairsAt, type Read, recordsAt, textAt, textsAt } from "./record-reading";

const restartWords: Readonly<Record<string, string>> = {
  no: "never",
  "on-failure": "when it fails",
  "unless-stopped": "always, until it is stopped",
};

/** What was asked for, in words; the values of environment variables never come here. */
export function TaskPayload({ payload }: { payload: Read }) {
  const image = imageWords(payload);
  const name = textAt(payload, "name");
  const command = textsAt(payload, "command");
  const env = pairsAt(payload, "env");
  const labels = pairsAt(payload, "labels");
  const ports = recordsAt(payload, "ports");
  const volumes = recordsAt(payload, "volumes");
  const [memory, cpu, pids] = [textAt(payload, "memory"), textAt(payload, "cpu"), numberAt(payload, "pidsLimit")];
  const restart = textAt(payload, "restart");
  const long: [string, ReactNode][] = [
    ["Image", image && <Code>{image}</Code>],
    ["Command", command.length > 0 && <List of={command.map((argument) => <Code key={argument}>{argument || "(empty)"}</Code>)} />],
  ];
  const facts: [string, ReactNode][] = [
    ["Container", name && <Code>{name}</Code>],
    ["Environment", env.length > 0 && <Badges words={env.map(([key]) => key)} />],
    [
      "Ports",
      ports.length > 0 && (
        <List
          of={ports.map((port) => {
            const words = `127.0.0.1:${numberAt(port, "host")} → ${numberAt(port, "container")}/${textAt(port, "protocol") ?? "tcp"}`;
            return <Code key={words}>{words}</Code>;
          })}
        />
      ),
    ],
    [
      "Volumes",
      volumes.length > 0 && (
        <List
          of={volumes.map((volume) => (
            <span key={textAt(volume, "path")}>
              <Code>{`${textAt(volume, "name")} → ${textAt(volume, "path")}`}</Code>
              {isTrueAt(volume, "readOnly") ? <span className="text-ink-faint"> read only</span> : null}
            </span>
          ))}
        />
      ),
    ],
    ["Labels", labels.length > 0 && <Badges words={labels.map(([key, value]) => `${key}=${value}`)} />],
    ["Memory", memory && memoryWords(memory)],
    ["CPU", cpu && cpuWords(cpu)],
    ["Processes", pids !== null && `at most ${pids}`],
    ["Starts again", restart && (restartWords[restart] ?? restart)],
    ["Time to stop", numberAt(payload, "graceSeconds") !== null && `${numberAt(payload, "graceSeconds")} s, then it is killed`],
    ["Also while it runs", "force" in payload && (isTrueAt(payload, "force") ? "yes" : "no")],
    ["Lines", numberAt(payload, "tail") !== null && `the last ${numberAt(payload, "tail")}`],
    ["Ended containers of tasks", "containers" in payload && (isTrueAt(payload, "containers") ? "cleared away" : "kept")],
    ["Images without a name", "images" in payload && (isTrueAt(payload, "images") ? "cleared away" : "kept")],
  ];
  return (
    <div className="flex flex-col gap-4">
      <Told facts={long} />
      <Told facts={facts} columns />
    </div>
  );
}

/** Those that say something. */
function Told({ facts, columns = false }: { facts: readonly [string, ReactNode][]; columns?: boolean }) {
  const told = facts.filter(([, fact]) => fact);
  if (told.length === 0) return null;
  return (
    <Facts columns={columns}>
      {told.map(([title, fact]) => (
        <Fact key={title} name={title}>
          {fact}
        </Fact>
      ))}
    </Facts>
  );
}

const Code = ({ children }: { children: ReactNode }) => <code className="font-mono text-xs wrap-anywhere">{children}</code>;

function List({ of }: { of: ReactNode[] }) {
  return <span className="flex flex-col gap-0.5">{of}</span>;
}

function Badges({ words }: { words: readonly string[] }) {
  return (
    <span className="flex flex-wrap gap-1">
      {words.map((word) => (
        <Badge key={word}>{word}</Badge>
      ))}
    </span>
  );
}

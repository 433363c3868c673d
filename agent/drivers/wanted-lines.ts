import type { LogLine } from "@berth/protocol/tunnel";
import type { LogRequest } from "./driver";

/** Which lines were asked for. What is told of a container stands among those of either stream. */
export function isWanted({ since, stream }: Pick<LogRequest, "since" | "stream">): (line: LogLine) => boolean {
  const from = since?.getTime() ?? Number.NEGATIVE_INFINITY;
  return (line) =>
    (line.at === null || Date.parse(line.at) >= from) && (stream === undefined || line.stream === stream || line.stream === "berth");
}

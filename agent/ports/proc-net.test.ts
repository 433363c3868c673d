import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseListeners } from "./proc-net";

const head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
const row = (address: string, port: number, inode = 1, state = "0A") =>
  `   0: ${address}:${port.toString(16).toUpperCase().padStart(4, "0")} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000  1000        0 ${inode} 1 0000000000000000 100 0 0 10 0\n`;
const ANY = "00000000";
const LOOPBACK = "0100007F";
const ANY6 = "0".repeat(32);
const LOOPBACK6 = "00000000000000000000000001000000";

describe("listeners of a session", () => {
  it("are those that listen, each port once, with how they are reached and by which program they are", () => {
    const output = [
      head,
      row(ANY, 3000, 11),
      row(LOOPBACK, 5432, 12),
      row("0200007F", 6000, 13),
      row(LOOPBACK, 3000, 14),
      row("0B0012AC", 41000, 15, "01"),
      // The engine's own resolver.
      row("0B00007F", 46173, 19),
      head,
      row(ANY6, 8080, 16),
      row(LOOPBACK6, 9229, 17),
      row("0000000000000000FFFF00000100007F", 9230, 18),
      "--\n",
      "/proc/7/fd:\ntotal 0\nlrwx------ 1 user user 64 Nov 22 10:45 18 -> socket:[11]\n\n",
      "/proc/8/fd:\ntotal 0\nlrwx------ 1 user user 64 Nov 22 10:45 3 -> socket:[12]\nlr-x------ 1 user user 64 Nov 22 10:45 4 -> /tmp/socket:[16]\n",
      "--\n",
      "/proc/7/comm:node\n/proc/8/comm:post gres: x\u001b[2J\n/proc/9/comm:sh\n",
    ].join("");
    expect(parseListeners(output)).toEqual([
      { port: 3000, reach: "network", process: "node" },
      { port: 5432, reach: "loopback", process: "post gres: x?[2J" },
      { port: 6000, reach: "loopback", process: null },
      { port: 8080, reach: "network", process: null },
      { port: 9229, reach: "loopback", process: null },
      { port: 9230, reach: "loopback", process: null },
    ]);
  });

  it("are found whatever order the kernel names them in", () => {
    const ports = fc.uniqueArray(fc.record({ port: fc.integer({ min: 1, max: 65_535 }), network: fc.boolean() }), {
      maxLength: 150,
      selector: ({ port }) => port,
    });
    fc.assert(
      fc.property(ports, (listening) => {
        const output = head + listening.map(({ port, network }) => row(network ? ANY : LOOPBACK, port)).join("");
        const expected = listening.map(({ port, network }) => ({ port, reach: network ? "network" : "loopback", process: null }));
        expect(parseListeners(output)).toEqual(expected.sort((one, other) => one.port - other.port));
      }),
    );
  });

  it("are never more, other or longer than may be told, whatever a session prints", () => {
    const piece = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.constantFrom("--\n", head, "/proc/1/fd:\n", "/proc/1/comm:", " -> socket:[1]\n", row(ANY, 0), row(LOOPBACK6, 65_535)),
      fc.integer({ min: 0, max: 0xff_ffff }).map((port) => row(ANY, port)),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 400 }), (pieces) => {
        const found = parseListeners(pieces.join(""));
        expect(found.length).toBeLessThanOrEqual(200);
        for (const { port, process } of found) {
          expect(Number.isInteger(port) && port >= 1 && port <= 65_535).toBe(true);
          expect(process === null || /^[\x20-\x7e]{1,64}$/.test(process)).toBe(true);
        }
      }),
      { numRuns: 30 },
    );
  });
});

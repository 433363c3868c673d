/**
 * Another host for tests of the network: a namespace of its own behind a link, with a server on each of its addresses. For root alone. The
 * address range belongs to nothing else.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { command } from "./command";

const NAME = "berth-test-host";
const LINK = "berth-tst-link";
const RANGE = "10.213.79";
export const NEIGHBOUR_PORT = 4711;

export class NeighbourHost {
  readonly addresses: readonly string[];
  readonly #server: ChildProcess;

  private constructor(addresses: readonly string[], server: ChildProcess) {
    this.addresses = addresses;
    this.#server = server;
  }

  static async start(howMany: number): Promise<NeighbourHost> {
    await removeAll();
    const addresses = Array.from({ length: howMany }, (_, at) => `${RANGE}.${at + 2}`);
    const ip = (words: string) => command("ip", words.split(" "));
    await ip(`netns add ${NAME}`);
    await ip(`link add ${LINK} type veth peer name eth0 netns ${NAME}`);
    await ip(`address add ${RANGE}.1/24 dev ${LINK}`);
    await ip(`link set ${LINK} up`);
    for (const address of addresses) await ip(`-n ${NAME} address add ${address}/24 dev eth0`);
    await ip(`-n ${NAME} link set eth0 up`);
    await ip(`-n ${NAME} route add default via ${RANGE}.1`);
    const program = `require("net").createServer((s) => s.on("error", () => {}).end("here")).listen(${NEIGHBOUR_PORT}, "0.0.0.0", () => console.log("up"))`;
    const server = spawn("ip", ["netns", "exec", NAME, process.execPath, "-e", program], {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
    });
    await once(server.stdout, "data");
    return new NeighbourHost(addresses, server);
  }

  async end(): Promise<void> {
    if (this.#server.exitCode === null) {
      const exit = once(this.#server, "exit");
      this.#server.kill("SIGKILL");
      await exit;
    }
    await removeAll();
  }
}

async function removeAll(): Promise<void> {
  await command("ip", ["link", "delete", LINK]).catch(() => {});
  await command("ip", ["netns", "delete", NAME]).catch(() => {});
}

import type { PortKind } from "./ports-schema";

/** Ports that by their number are seldom a web page: mail, databases, queues, remote desktops. */
const seldomWeb: ReadonlySet<number> = new Set([
  21, 22, 23, 25, 53, 110, 111, 139, 143, 389, 445, 465, 587, 636, 993, 995, 1433, 1521, 1883, 2181, 2375, 2379, 3306, 3389, 4222, 5432,
  5671, 5672, 6379, 6432, 8883, 9042, 9092, 11_211, 26_257, 27_017, 33_060,
]);

/** What a port is good for, as long as nobody said it. */
export const likelyKind = (port: number): PortKind => (seldomWeb.has(port) || (port >= 5900 && port <= 5999) ? "tcp" : "http");

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Notes, parseChange } from "./notes.mjs";
import { acceptWebSocket } from "./websocket.mjs";

const folder = join(dirname(fileURLToPath(import.meta.url)), "public");
const files = {
  "/": ["index.html", "text/html; charset=utf-8"],
  "/app.js": ["app.js", "text/javascript; charset=utf-8"],
  "/style.css": ["style.css", "text/css; charset=utf-8"],
  "/icon.svg": ["icon.svg", "image/svg+xml"],
};

/** Notes over HTTP and a WebSocket at `/sync`. Answers the server, not yet listening, and how to end it with everything saved. */
export async function createScratchpad({ notesFile, now = Date.now }) {
  const notes = new Notes(notesFile);
  await notes.load();
  const tabs = new Set();
  const server = createServer((request, response) => answer(request, response, notes));
  server.on("upgrade", (request, socket, head) => {
    if (!sameOrigin(request) || new URL(request.url, "http://scratchpad").pathname !== "/sync") {
      socket.end("HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
      return;
    }
    let tab = null;
    tab = acceptWebSocket(request, socket, head, {
      onMessage(text) {
        const change = parseChange(text);
        const news = change && notes.apply(change, now());
        if (!news) tab.send(JSON.stringify({ type: "refused" }));
        else for (const other of tabs) if (other !== tab) other.send(JSON.stringify(news));
      },
      onClose: () => tabs.delete(tab),
    });
    if (!tab) return;
    tabs.add(tab);
    tab.send(JSON.stringify({ type: "all", notes: notes.list() }));
  });
  return {
    server,
    async close() {
      for (const tab of tabs) tab.close(1001);
      server.close();
      await notes.saved();
    },
  };
}

/** A page elsewhere can't open our socket with the visitor's cookies. Programs send no Origin. */
function sameOrigin(request) {
  const { origin, host } = request.headers;
  if (origin === undefined) return true;
  try {
    return new URL(origin).host === host;
  } catch {
    return false;
  }
}

async function answer(request, response, notes) {
  const path = new URL(request.url, "http://scratchpad").pathname;
  const headers = { "cache-control": "no-cache", "x-content-type-options": "nosniff" };
  if (request.method !== "GET" && request.method !== "HEAD") return response.writeHead(405, { ...headers, allow: "GET, HEAD" }).end();
  if (path === "/notes.json")
    return response.writeHead(200, { ...headers, "content-type": "application/json" }).end(JSON.stringify(notes.list()));
  const file = Object.hasOwn(files, path) ? files[path] : null;
  if (!file) return response.writeHead(404, { ...headers, "content-type": "text/plain" }).end("Nothing here.\n");
  const [name, type] = file;
  const policy = "default-src 'self'; connect-src 'self' ws: wss:; frame-ancestors 'none'";
  response.writeHead(200, { ...headers, "content-type": type, "content-security-policy": policy });
  response.end(request.method === "HEAD" ? undefined : await readFile(join(folder, name)));
}

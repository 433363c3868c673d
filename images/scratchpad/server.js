// Serves one page and one note: every tab sees what the others type. CommonJS, because Debian's node-ws is found by require alone.
const { createServer } = require("node:http");
const { readFileSync, writeFileSync, renameSync } = require("node:fs");
const { join } = require("node:path");
const { WebSocketServer } = require("ws");

const page = readFileSync(join(__dirname, "page.html"));
const file = join(process.env.HOME, "scratchpad.txt");
const MAX_NOTE = 1024 * 1024;
const read = () => {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
};
let note = read();
const save = () => {
  writeFileSync(`${file}.new`, note);
  renameSync(`${file}.new`, file);
};

const server = createServer((request, answer) => {
  const path = request.url.split("?")[0];
  if (path === "/note")
    return answer.writeHead(200, { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" }).end(note);
  if (path === "/headers") return answer.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(request.headers));
  if (path !== "/") return answer.writeHead(404, { "content-type": "text/plain" }).end("not found\n");
  answer.writeHead(200, { "content-type": "text/html; charset=utf-8", "set-cookie": "scratchpad=1; Path=/; SameSite=Lax" }).end(page);
});
const sockets = new WebSocketServer({ server, path: "/live", maxPayload: MAX_NOTE });
sockets.on("connection", (socket) => {
  socket.send(note);
  socket.on("message", (data) => {
    note = data.toString("utf8");
    save();
    for (const other of sockets.clients) if (other !== socket && other.readyState === 1) other.send(note);
  });
});
server.listen(Number(process.env.PORT), "0.0.0.0", () => console.log(`scratchpad listens on ${process.env.PORT}`));
process.on("SIGTERM", () => process.exit(0));

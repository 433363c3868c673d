const element = (id) => document.getElementById(id);
const [list, editor, empty, title, body, status] = ["list", "editor", "empty", "title", "body", "status"].map(element);

const notes = new Map();
/** Changes made while there is no connection, or not sent yet; the last one of each note. */
const unsent = new Map();
let open = location.hash.slice(1) || null;
let socket = null;
let retryMs = 250;

function connect() {
  socket = new WebSocket(new URL("/sync", location.href.replace(/^http/, "ws")));
  socket.onopen = () => {
    retryMs = 250;
    tell("live", "In step with every tab");
  };
  socket.onmessage = ({ data }) => receive(JSON.parse(data));
  socket.onclose = () => {
    socket = null;
    tell("offline", "No connection; trying again");
    setTimeout(connect, retryMs);
    retryMs = Math.min(retryMs * 2, 5000);
  };
}

function receive(message) {
  if (message.type === "all") {
    notes.clear();
    for (const note of message.notes) notes.set(note.id, note);
    for (const change of unsent.values()) applyHere(change);
    flush();
  } else if (message.type === "put" && !unsent.has(message.note.id)) notes.set(message.note.id, message.note);
  else if (message.type === "remove") notes.delete(message.id);
  else if (message.type === "refused") tell("offline", "Not saved: too long, or too many notes");
  render();
}

function applyHere(change) {
  if (change.type === "remove") notes.delete(change.id);
  else notes.set(change.id, { ...change, changedAt: Date.now() });
}

function change(what) {
  unsent.set(what.id, what);
  applyHere(what);
  flush();
  render();
}

function flush() {
  if (socket?.readyState !== WebSocket.OPEN) return;
  for (const what of unsent.values()) socket.send(JSON.stringify(what));
  unsent.clear();
}

function tell(state, text) {
  status.dataset.state = state;
  status.textContent = text;
}

function render() {
  const sorted = [...notes.values()].sort((a, b) => b.changedAt - a.changedAt);
  list.replaceChildren(
    ...sorted.map((note) => {
      const button = document.createElement("button");
      button.type = "button";
      button.setAttribute("aria-current", String(note.id === open));
      const name = document.createElement("strong");
      name.textContent = note.title || "Untitled";
      const excerpt = document.createElement("span");
      excerpt.textContent = note.body.split("\n")[0] || "Empty";
      button.append(name, excerpt);
      button.onclick = () => show(note.id);
      const item = document.createElement("li");
      item.append(button);
      return item;
    }),
  );
  const note = notes.get(open);
  editor.hidden = !note;
  empty.hidden = Boolean(note);
  if (!note) return;
  // Only what differs is written, so that the caret stays where it is.
  if (title.value !== note.title) title.value = note.title;
  if (body.value !== note.body) body.value = note.body;
}

function show(id) {
  open = id;
  history.replaceState(null, "", `#${id}`);
  render();
}

function add() {
  const id = Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  change({ type: "put", id, title: "", body: "" });
  show(id);
  title.focus();
}

for (const field of [title, body]) {
  field.addEventListener("input", () => change({ type: "put", id: open, title: title.value, body: body.value }));
}
element("add").onclick = add;
element("first").onclick = add;
element("remove").onclick = () => {
  if (confirm("Delete this note?")) change({ type: "remove", id: open });
};
editor.addEventListener("submit", (event) => {
  event.preventDefault();
  body.focus();
});
addEventListener("keydown", (event) => {
  if (event.altKey && event.key.toLowerCase() === "n") add();
});
connect();

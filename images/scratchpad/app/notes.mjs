/** The notes: a list in memory, written to one file whole, shortly after each change. */
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

const limits = { notes: 1000, title: 200, body: 100_000 };

/** What a browser may ask. Answers the cleaned change, or null for anything else. */
export function parseChange(text) {
  let message;
  try {
    message = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof message !== "object" || message === null || !/^[A-Za-z0-9-]{1,64}$/.test(message.id ?? "")) return null;
  if (message.type === "remove") return { type: "remove", id: message.id };
  if (message.type !== "put" || typeof message.title !== "string" || typeof message.body !== "string") return null;
  if (message.title.length > limits.title || message.body.length > limits.body) return null;
  return { type: "put", id: message.id, title: message.title, body: message.body };
}

export class Notes {
  constructor(file) {
    this.file = file;
    this.notes = new Map();
    this.writing = Promise.resolve();
    this.waiting = false;
  }

  /** A file that can't be read as notes is put aside, not overwritten. */
  async load() {
    try {
      for (const note of JSON.parse(await readFile(this.file, "utf8"))) this.notes.set(note.id, note);
    } catch (error) {
      if (error.code === "ENOENT") return;
      await rename(this.file, `${this.file}.unreadable-${Date.now()}`);
    }
  }

  /** Newest change first. */
  list() {
    return [...this.notes.values()].sort((a, b) => b.changedAt - a.changedAt);
  }

  /** Carries out a change and answers what all tabs must hear; null when there is no room for another note. */
  apply(change, now) {
    if (change.type === "remove") {
      this.notes.delete(change.id);
      this.save();
      return change;
    }
    if (!this.notes.has(change.id) && this.notes.size >= limits.notes) return null;
    const note = { id: change.id, title: change.title, body: change.body, changedAt: now };
    this.notes.set(note.id, note);
    this.save();
    return { type: "put", note };
  }

  /** Resolves when everything so far is on disk. */
  saved() {
    return this.writing;
  }

  save() {
    if (this.waiting) return;
    this.waiting = true;
    this.writing = this.writing
      .then(async () => {
        this.waiting = false;
        await mkdir(dirname(this.file), { recursive: true });
        await writeFile(`${this.file}.new`, JSON.stringify(this.list()));
        await rename(`${this.file}.new`, this.file);
      })
      .catch((error) => console.error(`The notes can't be saved in ${this.file}: ${error.message}`));
  }
}

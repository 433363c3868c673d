import { uploadStateSchema } from "@berth/protocol/session-files";
import { readFailure } from "../../errors/read-failure";
import { contentUrl, type FilePlace, uploadUrl } from "./file-paths";
import { fetchFile, sendBody } from "./file-requests";

export interface Upload {
  readonly id: string;
  readonly path: string;
  readonly size: number;
  readonly sent: number;
  /** `taken`: a file of that name is there; it is replaced when that is asked for. */
  readonly state: "waiting" | "sending" | "done" | "failed" | "taken";
  readonly problem: string | null;
}

interface Job {
  readonly place: FilePlace;
  readonly file: File;
  replaces: boolean;
  /** Something of it may be there. */
  begun: boolean;
  abort: AbortController | null;
}

const AT_ONCE = 2;
/** From here on an upload that broke off goes on where it was. */
const RESUMABLE_BYTES = 8 * 1024 * 1024;

/** Uploads go on while another tab of the panel is open; they end with the page. */
class UploadsStore {
  private uploads: readonly Upload[] = [];
  private readonly jobs = new Map<string, Job>();
  private readonly listeners = new Set<() => void>();
  private count = 0;
  private readonly finished = new Set<() => void>();

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  };
  readonly snapshot = (): readonly Upload[] => this.uploads;

  /** Called after each that has arrived. */
  whenDone(listener: () => void): () => void {
    this.finished.add(listener);
    return () => void this.finished.delete(listener);
  }

  add(place: FilePlace, path: string, file: File): void {
    this.count += 1;
    const id = `${Date.now().toString(36)}-${crypto.randomUUID().slice(0, 8)}-${this.count}`;
    this.jobs.set(id, { place, file, replaces: false, begun: false, abort: null });
    this.set([...this.uploads, { id, path, size: file.size, sent: 0, state: "waiting", problem: null }]);
    this.next();
  }

  retry(id: string, replaces = false): void {
    const job = this.jobs.get(id);
    if (job) job.replaces ||= replaces;
    this.change(id, { state: "waiting", problem: null });
    this.next();
  }

  /** Ends it, or takes it off the list. What is there of it is removed. */
  dismiss(id: string): void {
    const job = this.jobs.get(id);
    const upload = this.uploads.find((one) => one.id === id);
    job?.abort?.abort();
    if (job?.begun && upload && upload.state !== "done")
      void fetchFile(uploadUrl(job.place, id, upload.path), { method: "DELETE" }).catch(() => undefined);
    this.jobs.delete(id);
    this.set(this.uploads.filter((one) => one.id !== id));
    this.next();
  }

  private next(): void {
    const busy = this.uploads.filter(({ state }) => state === "sending").length;
    for (const upload of this.uploads.filter(({ state }) => state === "waiting").slice(0, Math.max(0, AT_ONCE - busy)))
      void this.send(upload);
  }

  private async send({ id, path }: Upload): Promise<void> {
    const job = this.jobs.get(id);
    if (!job) return;
    const abort = new AbortController();
    job.abort = abort;
    this.change(id, { state: "sending" });
    try {
      await (job.file.size > RESUMABLE_BYTES ? this.goOn(id, path, job, abort.signal) : this.whole(id, path, job, abort.signal));
      this.change(id, { state: "done", sent: job.file.size });
      this.jobs.delete(id);
      for (const listener of this.finished) listener();
    } catch (error) {
      if (abort.signal.aborted) return;
      const { code, message } = readFailure(error);
      this.change(id, code === "FILE_EXISTS" ? { state: "taken", problem: null } : { state: "failed", problem: message });
    }
    this.next();
  }

  private whole(id: string, path: string, { place, file, replaces }: Job, signal: AbortSignal): Promise<void> {
    const headers = replaces ? undefined : { "If-None-Match": "*" };
    return sendBody(contentUrl(place, path, { parents: "1" }), file, {
      ...(headers ? { headers } : {}),
      signal,
      onProgress: (sent) => this.change(id, { sent }),
    });
  }

  private async goOn(id: string, path: string, job: Job, signal: AbortSignal): Promise<void> {
    const { place, file, replaces } = job;
    const there = job.begun ? uploadStateSchema.parse(await (await fetchFile(uploadUrl(place, id, path), { signal })).json()).offset : 0;
    job.begun = true;
    await sendBody(uploadUrl(place, id, path, { parents: "1", offset: String(there), size: String(file.size) }), file.slice(there), {
      ...(replaces ? {} : { headers: { "If-None-Match": "*" } }),
      signal,
      onProgress: (sent) => this.change(id, { sent: there + sent }),
    });
  }

  private change(id: string, what: Partial<Upload>): void {
    this.set(this.uploads.map((upload) => (upload.id === id ? { ...upload, ...what } : upload)));
  }

  private set(uploads: readonly Upload[]): void {
    this.uploads = uploads;
    for (const listener of this.listeners) listener();
  }
}

const stores = new Map<string, UploadsStore>();

/** Of one session, for as long as the page lives. */
export function uploadsOf(sessionId: string): UploadsStore {
  const store = stores.get(sessionId) ?? new UploadsStore();
  stores.set(sessionId, store);
  return store;
}

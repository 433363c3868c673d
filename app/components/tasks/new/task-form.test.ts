import { describe, expect, it } from "vitest";
import { argumentsOf } from "../../../format/command-text";
import type { TaskDetail } from "../task-steps";
import { checkTaskDraft, fieldsOfRefusal } from "./check-task-draft";
import { draftOfTask, emptyDraft, splitImage, type TaskDraft } from "./task-draft";

const run: TaskDraft = { ...emptyDraft, image: "registry.example/team/app", tag: "v2", name: "app", agent: "host-1" };
const problemsOf = (change: Partial<TaskDraft>) => checkTaskDraft("docker.run", { ...run, ...change }).problems ?? {};
const row = <Name extends string>(key: number, values: Record<Name, string>) => ({ key, values });

describe("the form of a new task", () => {
  it("asks for a container with what was typed and the schema's defaults for the rest", () => {
    const { order } = checkTaskDraft("docker.run", {
      ...run,
      command: "sh\n-c\necho one  two",
      env: [row(0, { name: "MODE", value: "test" }), row(1, { name: "", value: "" })],
      ports: [row(0, { host: "8080", container: "80", protocol: "tcp" })],
      volumes: [row(3, { name: "app-data", path: "/data", access: "read" })],
      priority: "−5",
      retries: "2",
    });
    expect(order).toEqual({
      to: "agent",
      input: {
        id: "host-1",
        taskType: "docker.run",
        priority: -5,
        retries: 2,
        payload: {
          image: "registry.example/team/app",
          tag: "v2",
          name: "app",
          command: ["sh", "-c", "echo one  two"],
          env: { MODE: "test" },
          ports: [{ host: 8080, container: 80, protocol: "tcp" }],
          labels: {},
          restart: "no",
          volumes: [{ name: "app-data", path: "/data", readOnly: true }],
        },
      },
    });
  });

  it("says beside the row of a list what is wrong with it, empty rows between them or not", () => {
    const empty = { host: "", container: "", protocol: "tcp" };
    expect(
      problemsOf({
        ports: [
          row(0, empty),
          row(1, { host: "80", container: "80", protocol: "tcp" }),
          row(2, { host: "8080", container: "", protocol: "tcp" }),
        ],
      }),
    ).toEqual({ "ports.1": "Host’s port: must be at least 1024", "ports.2": "Container’s port: is needed" });
    expect(problemsOf({ volumes: [row(4, { name: "data", path: "/etc/x", access: "write" })] })).toEqual({
      "volumes.4": "Path: a volume can't be mounted there",
    });
    expect(problemsOf({ labels: [row(7, { name: "dev.berth.session", value: "x" })] })).toEqual({
      "labels.7": "is kept for Berth and Docker",
    });
    expect(problemsOf({ env: [row(0, { name: "A", value: "1" }), row(1, { name: "A", value: "2" })] })).toEqual({
      "env.1": "A is there twice",
    });
  });

  it("names what is missing, and one port that is published twice", () => {
    expect(problemsOf({ image: "", name: "", agent: "" })).toEqual({
      image: "is needed",
      name: "is needed",
      agent: "Choose the agent that is to do it",
    });
    const port = { host: "8080", container: "80", protocol: "tcp" };
    expect(problemsOf({ ports: [row(0, port), row(1, { ...port, container: "81" })] })).toEqual({
      ports: "name one port of the host twice",
    });
  });

  it("takes a registry's name and password together only, and sends them beside the payload", () => {
    expect(problemsOf({ username: "ci" })).toEqual({ credentials: "Give both, a name and a password, or neither" });
    const { order } = checkTaskDraft("docker.pull", { ...run, username: "ci", password: "secret" });
    expect(order?.input.credentials).toEqual({ "registry.username": "ci", "registry.password": "secret" });
    expect(JSON.stringify(order?.input.payload)).not.toContain("secret");
    expect(checkTaskDraft("docker.stop", { ...run, username: "ci", password: "secret" }).order?.input.credentials).toBeUndefined();
  });

  it("is for any agent that has labels and capabilities, or says what is wrong with them", () => {
    const any = { ...run, target: "any" as const, agent: "" };
    expect(checkTaskDraft("docker.prune", { ...any, agentLabels: "gpu=yes, zone=a", agentCapabilities: "fast" }).order).toMatchObject({
      to: "any",
      input: { selector: { labels: { gpu: "yes", zone: "a" }, capabilities: ["fast"] } },
    });
    expect(checkTaskDraft("docker.prune", { ...any, agentLabels: "gpu" }).problems).toEqual({
      agentLabels: "'gpu' is no label: write it as name=value",
    });
  });

  it("shows what the control plane refuses at the fields, rows of lists by their own", () => {
    const draft = {
      ...run,
      ports: [row(2, { host: "", container: "", protocol: "tcp" }), row(5, { host: "1", container: "1", protocol: "tcp" })],
    };
    expect(fieldsOfRefusal({ "payload.ports.0.host": "no", "payload.image": "bad", id: "gone" }, draft)).toEqual({
      "ports.5": "no",
      image: "bad",
      agent: "gone",
    });
  });

  it("begins with an earlier task, whose variables are to be typed again", () => {
    const task: TaskDetail = {
      id: "0f8b6a4e-1111-4000-8000-000000000001",
      kind: "docker.run",
      state: "failed",
      agentId: "host-1",
      session: null,
      subject: "cache",
      priority: 3,
      attempts: 1,
      progress: null,
      errorCode: null,
      errorMessage: null,
      createdAt: "2026-01-01T00:00:00.000Z",
      sentAt: null,
      finishedAt: null,
      payload: {
        image: "app",
        name: "app",
        command: ["sh", "-c", "a\nb"],
        env: { TOKEN: "(hidden)" },
        ports: [{ host: 8080, container: 80, protocol: "udp" }],
      },
      result: null,
      selector: null,
      timeoutSeconds: 300,
      notBefore: "2026-01-01T00:00:00.000Z",
      retries: 0,
      retried: 0,
      idempotencyKey: "once",
      cancelAskedAt: null,
      generation: 1,
      deliveredBy: null,
      offered: false,
      deadlineAt: null,
      acknowledgedAt: null,
      logLines: 0,
    };
    const draft = draftOfTask(task);
    expect(draft).toMatchObject({ image: "app", agent: "host-1", priority: "3", notBefore: "", command: '["sh","-c","a\\nb"]' });
    expect(checkTaskDraft("docker.run", draft).problems).toEqual({ "env.0": "Its value is shown nowhere: type it again, or remove it" });
    const typed = { ...draft, env: [row(0, { name: "TOKEN", value: "new" })] };
    expect(checkTaskDraft("docker.run", typed).order?.input.payload).toMatchObject({
      command: ["sh", "-c", "a\nb"],
      env: { TOKEN: "new" },
    });
  });
});

describe("what is typed or pasted", () => {
  it("makes a command's arguments of lines, or of a JSON list", () => {
    expect(argumentsOf("")).toEqual([]);
    expect(argumentsOf("sh\n\n-c")).toEqual(["sh", "", "-c"]);
    expect(argumentsOf('["a\\nb", ""]')).toEqual(["a\nb", ""]);
    expect(argumentsOf("[ -f /x ]")).toEqual(["[ -f /x ]"]);
  });

  it("takes a reference of an image apart, and leaves a registry's port where it is", () => {
    expect(splitImage("localhost:5000/app")).toBeNull();
    expect(splitImage("localhost:5000/app:v1")).toEqual({ image: "localhost:5000/app", tag: "v1" });
    expect(splitImage(`app:v1@sha256:${"a".repeat(64)}`)).toEqual({ image: "app", tag: "v1", digest: `sha256:${"a".repeat(64)}` });
  });
});

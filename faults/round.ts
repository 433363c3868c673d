/** A round: a task is asked for, a program is ended at a step of its life and started again, and then all must be well. */
import type { ChannelMessage } from "./channel-proxy";
import type { Hold } from "./gate";
import type { Installation } from "./installation";
import { pause, until } from "./patience";
import type { PlannedRound } from "./plan";
import { isOver, type TaskView, type Trial } from "./trial";

/** A task has ended by then, or is lost. */
const ENDED_WITHIN_MS = 120_000;
/** A step that isn't reached by then never will be. */
const REACHED_WITHIN_MS = 10_000;

export interface RoundResult {
  readonly planned: PlannedRound;
  readonly task: TaskView | null;
  readonly outcome: "completed" | "failed" | "cancelled" | "not accepted" | "not ended";
  /** The program was ended where it was meant to be. */
  readonly reached: boolean;
  readonly problems: string[];
  readonly seconds: number;
  /** From the program's end until the task had ended. */
  readonly secondsToEnd: number;
}

export async function runRound(planned: PlannedRound, berth: Installation, trial: Trial): Promise<RoundResult> {
  const began = performance.now();
  await trial.prepare();
  const hold = holdAt(planned, berth, trial);
  if (planned.step === "queued") berth.channel.keepOff();
  let refusal = "";
  const asking = trial.ask().then(
    () => true,
    (error: unknown) => {
      refusal = error instanceof Error ? error.message : String(error);
      return false;
    },
  );
  const reached = await reach(planned, trial, hold, asking);
  await pause(planned.delayMs);
  await berth.kill(planned.victim);
  const killed = performance.now();
  hold?.end(fateOf(planned));
  berth.channel.letIn();
  await pause(planned.downMs);
  await berth.revive(planned.victim);
  const problems: string[] = [];
  let task: TaskView | null = null;
  const ended = async () => {
    task = await trial.task();
    if (task) return isOver(task);
    if (await asking) throw new Error("it was accepted and is not there");
    return true;
  };
  await until("the task's end", ENDED_WITHIN_MS, ended).catch((error: unknown) => {
    problems.push(`${error instanceof Error ? error.message : String(error)}: ${JSON.stringify(task)}`);
  });
  const secondsToEnd = (performance.now() - killed) / 1000;
  await asking;
  await berth.untilAgentIsBack();
  problems.push(...(problems.length === 0 ? await trial.problems(task) : []), ...reasonless(task));
  await trial.cleanUp();
  const outcome = outcomeOf(task);
  if (outcome === "not accepted" && planned.step !== "asked") problems.push(`it was not accepted: ${refusal}`);
  return { planned, task, outcome, reached, problems, seconds: (performance.now() - began) / 1000, secondsToEnd };
}

/** Of a path only what the program that ended was at one end of is lost. */
function fateOf({ victim, step, fate }: PlannedRound): "deliver" | "lose" {
  if (victim === "PostgreSQL") return "deliver";
  const engineAlone = step === "engine asked" || step === "engine done";
  return engineAlone && victim !== "agent" ? "deliver" : fate;
}

function outcomeOf(task: TaskView | null): RoundResult["outcome"] {
  if (!task) return "not accepted";
  const { state } = task;
  return state === "completed" || state === "failed" || state === "cancelled" ? state : "not ended";
}

const reasonless = (task: TaskView | null): string[] =>
  task?.state === "failed" && !(task.error_code && task.error_message) ? ["it failed and does not say why"] : [];

/** Null: the step is none of something on its way. */
function holdAt({ step, callNumber }: PlannedRound, berth: Installation, trial: Trial): Hold<unknown> | null {
  const { channel, engine } = berth;
  const before = new Set(channel.commands.keys());
  const mine = (type: string) => (message: ChannelMessage) => {
    const id = message.command_id;
    return message.type === type && id !== undefined && !before.has(id) && channel.commands.get(id)?.type === trial.commandType;
  };
  const call = trial.calls[callNumber % trial.calls.length];
  switch (step) {
    case "sent":
      return channel.toAgent.hold(mine("command"));
    case "acknowledged":
      return channel.fromAgent.hold(mine("command_ack"));
    case "progress":
      return channel.fromAgent.hold(mine("command_progress"));
    case "result":
      return channel.fromAgent.hold(mine("command_result"));
    case "engine asked":
      return call ? engine.asked.hold(call) : null;
    case "engine done":
      return call ? engine.answered.hold(call) : null;
    default:
      return null;
  }
}

/** False: the task ended, or was refused, before the step came. */
async function reach({ step }: PlannedRound, trial: Trial, hold: Hold<unknown> | null, asking: Promise<boolean>): Promise<boolean> {
  if (step === "asked") return true;
  const limit = pause(REACHED_WITHIN_MS).then(() => false);
  // A change of a session's state is answered when it is done, or after a while.
  if (hold) return Promise.race([hold.reached.then(() => true), asking.then((accepted) => accepted && limit)]);
  if (!(await asking)) return false;
  if (step === "queued") return true;
  if (step === "recorded") {
    await until("the task to be recorded", 60_000, async () => {
      const task = await trial.task();
      return task && isOver(task);
    });
    return true;
  }
  return false;
}

"use client";
import { useState } from "react";
import { Button } from "../controls/button";
import { Dialog } from "../controls/dialog";
import type { TaskDetail } from "./task-steps";

interface CancelTaskDialogProps {
  readonly task: TaskDetail;
  readonly busy: boolean;
  readonly onCancel: (force: boolean) => void;
  readonly onClose: () => void;
}

/** By its agent, or over its head. */
export function CancelTaskDialog({ task, busy, onCancel, onClose }: CancelTaskDialogProps) {
  const asked = task.cancelAskedAt !== null;
  const [force, setForce] = useState(asked);
  const agent = task.agentId ?? "its agent";
  const ways = [
    {
      force: false,
      title: asked ? `Go on waiting for ${agent}` : `Ask ${agent} to stop`,
      words: "It is over when the agent says so: what it had begun is tidied up, and what became of it is known.",
    },
    {
      force: true,
      title: "By force",
      words: `It is over here at once, whether ${agent} hears of it or not. What had been done by then is not known: look for leftovers on the host.`,
    },
  ];
  return (
    <Dialog
      open
      onClose={onClose}
      title="Cancel this task?"
      description={asked ? `${agent} was asked to stop and has not answered yet.` : undefined}
      actions={
        <>
          <Button onClick={onClose}>Leave it</Button>
          <Button look="danger" busy={busy} onClick={() => (asked && !force ? onClose() : onCancel(force))}>
            {force ? "Cancel by force" : asked ? "Wait" : "Cancel the task"}
          </Button>
        </>
      }
    >
      <fieldset className="flex flex-col gap-2">
        <legend className="sr-only">How it is cancelled</legend>
        {ways.map((way) => (
          <label
            key={way.title}
            className="flex cursor-pointer items-start gap-3 rounded-lg border border-line p-3 transition-colors duration-150 hover:border-line-strong has-checked:border-ink has-focus-visible:outline-2 has-focus-visible:outline-accent"
          >
            <input
              type="radio"
              name="way"
              checked={force === way.force}
              onChange={() => setForce(way.force)}
              className="mt-1 size-4 shrink-0 accent-(--accent)"
            />
            <span>
              <span className="block font-medium">{way.title}</span>
              <span className="block text-sm text-ink-soft">{way.words}</span>
            </span>
          </label>
        ))}
      </fieldset>
    </Dialog>
  );
}

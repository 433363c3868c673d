"use client";
import { useQuery } from "@tanstack/react-query";
import { Check, Circle } from "lucide-react";
import { useTRPC } from "../../trpc/client";
import { BusyMark, ButtonLink } from "../controls/button";
import { type ArrivalFacts, arrivalSteps } from "./arrival-steps";

/** Asks again while it waits, in case the event that would have said so was missed. */
const WAIT_POLL_MS = 3000;

export function AgentArrival({ tokenId }: { tokenId: string }) {
  const trpc = useTRPC();
  const token = useQuery({
    ...trpc.registrationTokens.list.queryOptions(),
    select: ({ tokens }) => tokens.find((each) => each.id === tokenId) ?? null,
    refetchInterval: ({ state }) => (state.data?.tokens.find((each) => each.id === tokenId)?.usedAt ? false : WAIT_POLL_MS),
  });
  const agentName = token.data?.usedBy ?? null;
  const agent = useQuery({
    ...trpc.agents.get.queryOptions({ id: agentName ?? "" }),
    enabled: agentName !== null,
    refetchInterval: ({ state }) =>
      state.data?.status === "online" && (state.data.capacity.maxCpu !== null || !state.data.websocketConnId) ? false : WAIT_POLL_MS,
  });
  const facts: ArrivalFacts = {
    usedBy: agentName,
    revoked: Boolean(token.data?.revokedAt),
    awaitsApproval: agent.data?.awaitsApproval ?? false,
    connected: agent.data !== undefined && agent.data.status !== "offline",
    tasksOnly: agent.data?.status === "online" && agent.data.websocketConnId === null,
    inventory: agent.data ? agent.data.capacity.maxCpu !== null || agent.data.capacity.maxSessions !== null : false,
    currentSessions: agent.data?.capacity.currentSessions ?? 0,
    capacity: agent.data ? { cpu: agent.data.capacity.maxCpu, memory: agent.data.capacity.maxMemory } : null,
  };
  const steps = arrivalSteps(facts);
  const done = steps.every((step) => step.state === "done");
  return (
    <div className="flex flex-col gap-4" aria-live="polite">
      <ol aria-label="Steps of the agent’s arrival" className="flex flex-col gap-3">
        {steps.map((step) => (
          <li key={step.label} className="flex items-start gap-3" aria-current={step.state === "now" ? "step" : undefined}>
            <span className="mt-1 flex size-4 shrink-0 items-center justify-center">
              {step.state === "done" ? (
                <Check aria-label="done" className="size-4 text-running" />
              ) : step.state === "now" ? (
                <span className="text-moving">
                  <BusyMark />
                </span>
              ) : (
                <Circle aria-hidden className="size-3 text-ink-faint" />
              )}
            </span>
            <div className="min-w-0">
              <p className={step.state === "next" ? "text-ink-faint" : "font-medium"}>{step.label}</p>
              <p className="text-sm text-ink-soft wrap-anywhere">{step.note}</p>
            </div>
          </li>
        ))}
      </ol>
      {facts.awaitsApproval && agentName ? (
        <div>
          <ButtonLink look="primary" href={`/agents/${encodeURIComponent(agentName)}`}>
            Look at its key
          </ButtonLink>
        </div>
      ) : null}
      {done && agentName ? (
        <div className="flex flex-wrap gap-2">
          <ButtonLink look="primary" href={`/agents/${encodeURIComponent(agentName)}`}>
            Open {agentName}
          </ButtonLink>
          <ButtonLink href="/sessions/new">Start a session</ButtonLink>
        </div>
      ) : null}
    </div>
  );
}

"use client";
import { MAX_PROBES } from "@berth/protocol/session-health";
import { Plus, X } from "lucide-react";
import { Button, IconButton } from "../controls/button";
import { SelectField, TextAreaField, TextField } from "../controls/field";
import { Card, Panel } from "../data/panel";
import { type HealthDraft, type ProbeRow, withAnotherProbe } from "./health-draft";

interface TemplateHealthProps {
  readonly health: HealthDraft;
  readonly protocol: "rfb" | "http";
  readonly edit: (change: Partial<HealthDraft>) => void;
  /** By the names of the server's fields; of probes by `health.probes.<row's key>.<field>`. */
  readonly problem: (field: string) => string | undefined;
  readonly leave: (field: string) => void;
}

type NumberKey = Exclude<keyof HealthDraft, "probes" | "onUnhealthy">;

const plain = { spellCheck: false, autoComplete: "off", autoCapitalize: "none" } as const;

/** What is asked of its sessions while they run, how often, and what follows when they do not answer. */
export function TemplateHealth({ health, protocol, edit, problem, leave }: TemplateHealthProps) {
  const number = (key: NumberKey) => ({
    value: health[key],
    onChange: (event: { target: { value: string } }) => edit({ [key]: event.target.value }),
    onBlur: () => leave(`health.${key}`),
    problem: problem(`health.${key}`),
    inputMode: "numeric" as const,
    ...plain,
  });
  const change = (probe: ProbeRow, to: Partial<ProbeRow>) =>
    edit({ probes: health.probes.map((one) => (one.key === probe.key ? { ...one, ...to } : one)) });
  // What is wrong can be put right, though nothing follows from it now.
  const restarts = health.onUnhealthy === "restart" || problem("health.maxRestarts") || problem("health.backoffSeconds");
  return (
    <Panel title="Health">
      <Card className="flex flex-col gap-5 p-4">
        <fieldset className="flex min-w-0 flex-col gap-4">
          <legend className="mb-1.5 text-sm font-medium">Probes</legend>
          <p className="-mt-1 text-sm text-ink-faint">
            {health.probes.length === 0 ? "None: nobody looks whether it is well." : "All have to answer well."}
          </p>
          {health.probes.map((probe, at) => (
            <div key={probe.key} className="flex items-start gap-2">
              <div className="grid min-w-0 flex-1 grid-cols-1 gap-3 sm:grid-cols-[14rem_1fr]">
                <SelectField
                  label={`Probe ${at + 1}`}
                  value={probe.type}
                  onChange={({ target: { value } }) => change(probe, { type: probeTypes.find((type) => type === value) ?? "process" })}
                >
                  <option value="process">It runs</option>
                  <option value="display">{protocol === "rfb" ? "Its RFB banner answers" : "Its page answers"}</option>
                  <option value="http">An HTTP path answers</option>
                  <option value="exec">A command succeeds</option>
                </SelectField>
                <ProbeFields
                  probe={probe}
                  number={at + 1}
                  change={(to) => change(probe, to)}
                  problem={(field) => problem(`health.probes.${probe.key}.${field}`)}
                  leave={(field) => leave(`health.probes.${probe.key}.${field}`)}
                />
              </div>
              <IconButton
                label={`Remove probe ${at + 1}`}
                className="mt-6.5"
                onClick={() => edit({ probes: health.probes.filter(({ key }) => key !== probe.key) })}
              >
                <X aria-hidden className="size-4" />
              </IconButton>
            </div>
          ))}
          {problem("health.probes") ? (
            <p role="alert" className="text-sm text-failed">
              {problem("health.probes")}
            </p>
          ) : null}
          <div>
            <Button
              size="small"
              icon={<Plus aria-hidden className="size-3.5" />}
              disabled={health.probes.length >= MAX_PROBES}
              title={health.probes.length >= MAX_PROBES ? `${MAX_PROBES} at most` : undefined}
              onClick={() => edit({ probes: withAnotherProbe(health.probes) })}
            >
              Add a probe
            </Button>
          </div>
        </fieldset>
        <div className="grid grid-cols-1 gap-5 sm:grid-cols-2">
          <TextField label="Asked every (seconds)" {...number("intervalSeconds")} />
          <TextField label="Answers within (seconds)" {...number("timeoutSeconds")} />
          <TextField label="Failures in a row" hint="Then it is unhealthy." {...number("failureThreshold")} />
          <TextField label="Time to start (seconds)" hint="Failures don’t count before." {...number("startPeriodSeconds")} />
        </div>
        <div className="grid grid-cols-1 gap-5 sm:grid-cols-3">
          <SelectField
            label="When unhealthy"
            value={health.onUnhealthy}
            onChange={({ target: { value } }) => edit({ onUnhealthy: value === "restart" ? value : "nothing" })}
            hint={health.onUnhealthy === "restart" ? "Its programs end, its home stays." : "It is shown, and nothing is done."}
          >
            <option value="nothing">Do nothing</option>
            <option value="restart">Restart it</option>
          </SelectField>
          {restarts ? (
            <>
              <TextField label="Restarts within an hour" hint="Then somebody has to." {...number("maxRestarts")} />
              <TextField label="First restart after (seconds)" hint="Each further one waits twice as long." {...number("backoffSeconds")} />
            </>
          ) : null}
        </div>
      </Card>
    </Panel>
  );
}

const probeTypes = ["process", "display", "http", "exec"] as const satisfies readonly ProbeRow["type"][];

interface ProbeFieldsProps {
  readonly probe: ProbeRow;
  readonly number: number;
  readonly change: (to: Partial<ProbeRow>) => void;
  readonly problem: (field: string) => string | undefined;
  readonly leave: (field: string) => void;
}

/** What a probe of its type needs to know. */
function ProbeFields({ probe, number, change, problem, leave }: ProbeFieldsProps) {
  if (probe.type === "http")
    return (
      <div className="grid grid-cols-[7rem_1fr] gap-3">
        <TextField
          label={`Port of probe ${number}`}
          inputMode="numeric"
          value={probe.port}
          onChange={(event) => change({ port: event.target.value })}
          onBlur={() => leave("port")}
          problem={problem("port")}
          {...plain}
        />
        <TextField
          label={`Path of probe ${number}`}
          value={probe.path}
          onChange={(event) => change({ path: event.target.value })}
          onBlur={() => leave("path")}
          problem={problem("path")}
          {...plain}
        />
      </div>
    );
  if (probe.type === "exec")
    return (
      <TextAreaField
        label={`Command of probe ${number}`}
        rows={3}
        hint="An argument a line. It is well when it ends with 0."
        className="font-mono"
        value={probe.command}
        onChange={(event) => change({ command: event.target.value })}
        onBlur={() => leave("argv")}
        problem={problem("argv")}
        {...plain}
      />
    );
  return null;
}

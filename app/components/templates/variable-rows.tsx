"use client";
import { Plus, X } from "lucide-react";
import { Button, IconButton } from "../controls/button";
import type { VariableRow } from "./template-draft";

interface VariableRowsProps {
  readonly rows: readonly VariableRow[];
  readonly problem: (key: number) => string | undefined;
  readonly onChange: (rows: readonly VariableRow[]) => void;
  readonly onLeave: (key: number) => void;
}

const inputClass =
  "h-9 w-full min-w-0 rounded-md border border-line-strong/70 bg-surface px-3 font-mono text-xs text-ink transition-colors duration-150 hover:border-line-strong aria-invalid:border-failed";

/** Environment variables, a row each. */
export function VariableRows({ rows, problem, onChange, onLeave }: VariableRowsProps) {
  const edit = (key: number, change: Partial<VariableRow>) => onChange(rows.map((row) => (row.key === key ? { ...row, ...change } : row)));
  const add = () => onChange([...rows, { key: Math.max(-1, ...rows.map(({ key }) => key)) + 1, name: "", value: "" }]);
  return (
    <div className="flex flex-col gap-2">
      {rows.length === 0 ? <p className="text-sm text-ink-faint">None. A session gets them beside those that its launch names.</p> : null}
      {rows.map(({ key, name, value }, at) => {
        const wrong = problem(key);
        return (
          <div key={key} className="flex flex-col gap-1">
            <div className="grid grid-cols-[1fr_auto] gap-2 sm:grid-cols-[14rem_1fr_auto]">
              <input
                aria-label={`Name of variable ${at + 1}`}
                aria-invalid={wrong ? true : undefined}
                value={name}
                placeholder="NAME"
                spellCheck={false}
                autoCapitalize="none"
                onChange={(event) => edit(key, { name: event.target.value })}
                onBlur={() => onLeave(key)}
                className={inputClass}
              />
              <input
                aria-label={`Value of variable ${at + 1}`}
                value={value}
                placeholder="value"
                spellCheck={false}
                onChange={(event) => edit(key, { value: event.target.value })}
                className={`${inputClass} order-last col-span-2 sm:order-none sm:col-span-1`}
              />
              <IconButton label={`Remove variable ${name || at + 1}`} onClick={() => onChange(rows.filter((row) => row.key !== key))}>
                <X aria-hidden className="size-4" />
              </IconButton>
            </div>
            {wrong ? (
              <p role="alert" className="text-sm text-failed">
                {wrong}
              </p>
            ) : null}
          </div>
        );
      })}
      <div>
        <Button size="small" icon={<Plus aria-hidden className="size-3.5" />} onClick={add}>
          Add a variable
        </Button>
      </div>
    </div>
  );
}

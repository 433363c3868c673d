"use client";
import { Eye, EyeOff, Pencil, Variable as VariableMark, X } from "lucide-react";
import { IconButton } from "../controls/button";
import { Badge } from "../data/badge";
import { RelativeTime } from "../data/relative-time";
import { EmptyState } from "../feedback/empty-state";
import type { Variable } from "./variables";

interface VariableListProps {
  readonly variables: readonly Variable[];
  readonly shown: ReadonlyMap<string, string>;
  /** The values may be seen and changed. */
  readonly mine: boolean;
  readonly onShow: (name: string) => void;
  readonly onHide: (name: string) => void;
  readonly onEdit: (variable: Variable) => void;
  readonly onRemove: (variable: Variable) => void;
}

const origins: Record<Variable["origin"], string> = { template: "template", session: "session", berth: "Berth" };

export function VariableList({ variables, shown, mine, onShow, onHide, onEdit, onRemove }: VariableListProps) {
  if (variables.length === 0)
    return (
      <EmptyState icon={<VariableMark aria-hidden />} title="No variables">
        Programs in this session get what their image sets, and nothing beside it.
      </EmptyState>
    );
  return (
    <ul aria-label="Environment variables" className="divide-y divide-line rounded-lg border border-line bg-surface">
      {variables.map((variable) => {
        const { name, origin, secret, overrides, readable, changedAt, changedBy } = variable;
        const value = shown.get(name);
        return (
          <li key={name} className="flex items-start gap-2 px-3 py-2">
            <div className="min-w-0 flex-1">
              <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
                <span className="font-mono text-sm wrap-anywhere">{name}</span>
                <Badge title={overrides ? "Goes before the template's of the same name" : undefined}>
                  {overrides ? "session, over template" : origins[origin]}
                </Badge>
                {secret ? <Badge>secret</Badge> : null}
                {readable ? null : <Badge tone="warning">unreadable</Badge>}
              </div>
              <p className="mt-0.5 max-h-40 overflow-y-auto font-mono text-xs whitespace-pre-wrap text-ink-soft wrap-anywhere">
                {readable
                  ? (value ?? "••••••••") || <span className="text-ink-faint">(empty)</span>
                  : "Sealed with a key that is gone: set it again"}
              </p>
              {changedAt ? (
                <p className="mt-0.5 text-xs text-ink-faint">
                  {changedBy ? `${changedBy}, ` : ""}
                  <RelativeTime at={changedAt} />
                </p>
              ) : null}
            </div>
            {mine ? (
              <div className="flex shrink-0">
                {readable ? (
                  <IconButton
                    label={value === undefined ? `Show ${name}` : `Hide ${name}`}
                    onClick={() => (value === undefined ? onShow(name) : onHide(name))}
                  >
                    {value === undefined ? <Eye aria-hidden className="size-4" /> : <EyeOff aria-hidden className="size-4" />}
                  </IconButton>
                ) : null}
                {origin === "berth" ? null : (
                  <IconButton label={`Change ${name}`} onClick={() => onEdit(variable)}>
                    <Pencil aria-hidden className="size-4" />
                  </IconButton>
                )}
                {origin === "template" ? null : (
                  <IconButton label={`Remove ${name}`} onClick={() => onRemove(variable)}>
                    <X aria-hidden className="size-4" />
                  </IconButton>
                )}
              </div>
            ) : null}
          </li>
        );
      })}
    </ul>
  );
}

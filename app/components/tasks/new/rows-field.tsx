"use client";
import { Plus, X } from "lucide-react";
import type { CSSProperties } from "react";
import { Button, IconButton } from "../../controls/button";
import type { DraftRow, DraftRows } from "./task-draft";

interface Column<Name extends string> {
  readonly name: Name;
  /** With the row's number after it, its accessible name. */
  readonly label: string;
  readonly placeholder?: string;
  /** What may be chosen, where it isn't typed; the first is what a new row has. */
  readonly options?: readonly { readonly value: string; readonly label: string }[];
  /** What its place is as wide as, on a wide page. */
  readonly width: string;
}

interface RowsFieldProps<Name extends string> {
  readonly title: string;
  /** One of them, in the words of the button that adds it. */
  readonly one: string;
  readonly hint?: string;
  readonly columns: readonly Column<Name>[];
  readonly rows: DraftRows<Name>;
  readonly problem: (key: number) => string | undefined;
  /** Of them all. */
  readonly whole?: string | undefined;
  readonly onChange: (rows: DraftRows<Name>) => void;
  readonly onLeave: (key: number) => void;
}

const inputClass =
  "h-9 w-full min-w-0 rounded-md border border-line-strong/70 bg-surface px-3 font-mono text-xs text-ink placeholder:text-ink-faint transition-colors duration-150 hover:border-line-strong aria-invalid:border-failed";

/** A list of which each line has a few short fields. */
export function RowsField<Name extends string>(props: RowsFieldProps<Name>) {
  const { title, one, hint, columns, rows, problem, whole, onChange, onLeave } = props;
  const edit = (row: DraftRow<Name>, name: Name, text: string) =>
    onChange(rows.map((each) => (each.key === row.key ? { ...each, values: { ...each.values, [name]: text } } : each)));
  const fresh = (values: Partial<Record<Name, string>>): values is Record<Name, string> => columns.every(({ name }) => name in values);
  const add = () => {
    const values: Partial<Record<Name, string>> = {};
    for (const { name, options } of columns) values[name] = options?.[0]?.value ?? "";
    if (fresh(values)) onChange([...rows, { key: Math.max(-1, ...rows.map(({ key }) => key)) + 1, values }]);
  };
  const widths: CSSProperties & Record<"--columns", string> = { "--columns": columns.map(({ width }) => width).join(" ") };
  return (
    <fieldset className="flex min-w-0 flex-col gap-2">
      <legend className="mb-1.5 text-sm font-medium">{title}</legend>
      {hint ? <p className="-mt-1 text-sm text-ink-faint">{hint}</p> : null}
      {rows.map((row, at) => {
        const wrong = problem(row.key);
        return (
          <div key={row.key} className="flex flex-col gap-1">
            <div className="flex items-start gap-2">
              <div className="grid min-w-0 flex-1 grid-cols-1 gap-2 sm:grid-cols-(--columns)" style={widths}>
                {columns.map(({ name, label, placeholder, options }) => {
                  const wiring = {
                    "aria-label": `${label} ${at + 1}`,
                    "aria-invalid": wrong ? (true as const) : undefined,
                    value: row.values[name],
                    onBlur: () => onLeave(row.key),
                    className: inputClass,
                  };
                  return options ? (
                    <select key={name} {...wiring} onChange={({ target }) => edit(row, name, target.value)}>
                      {options.map((option) => (
                        <option key={option.value} value={option.value}>
                          {option.label}
                        </option>
                      ))}
                    </select>
                  ) : (
                    <input
                      key={name}
                      {...wiring}
                      placeholder={placeholder}
                      spellCheck={false}
                      autoCapitalize="none"
                      autoComplete="off"
                      onChange={({ target }) => edit(row, name, target.value)}
                    />
                  );
                })}
              </div>
              <IconButton label={`Remove ${one} ${at + 1}`} onClick={() => onChange(rows.filter(({ key }) => key !== row.key))}>
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
      {whole ? (
        <p role="alert" className="text-sm text-failed">
          {whole}
        </p>
      ) : null}
      <div>
        <Button size="small" icon={<Plus aria-hidden className="size-3.5" />} onClick={add}>
          Add {one}
        </Button>
      </div>
    </fieldset>
  );
}

"use client";
import { Columns3 } from "lucide-react";
import { Button, IconButton } from "../controls/button";
import { CheckField } from "../controls/check-field";
import { Popover } from "../controls/popover";

interface ColumnChoiceProps<Column extends string> {
  /** All that can be had, in the order in which they stand. */
  all: readonly Column[];
  words: Readonly<Record<Column, string>>;
  chosen: readonly Column[];
  /** Null: as nobody had chosen. */
  onChoose: (columns: readonly Column[] | null) => void;
  className?: string;
}

/** Which columns a table shows. */
export function ColumnChoice<Column extends string>({ all, words, chosen, onChoose, className = "" }: ColumnChoiceProps<Column>) {
  return (
    <div className={className}>
      <Popover
        label="Columns"
        trigger={
          <IconButton label="Columns">
            <Columns3 aria-hidden className="size-4" />
          </IconButton>
        }
      >
        <div className="flex flex-col gap-2">
          {all.map((column) => (
            <CheckField
              key={column}
              label={words[column]}
              checked={chosen.includes(column)}
              onChange={(wanted) => onChoose(all.filter((one) => (one === column ? wanted : chosen.includes(one))))}
            />
          ))}
          <Button look="quiet" size="small" className="self-start" onClick={() => onChoose(null)}>
            As usual
          </Button>
        </div>
      </Popover>
    </div>
  );
}

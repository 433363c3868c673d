import type { ComponentProps } from "react";
import type { TaskDraft } from "./task-draft";

/** What each part of the form works with. */
export interface FormParts {
  readonly draft: TaskDraft;
  readonly edit: (change: Partial<TaskDraft>) => void;
  /** That a field was left: its problem is shown from then on. */
  readonly leave: (field: string) => void;
  readonly problem: (field: string) => string | undefined;
}

export type TextKey = {
  [Key in keyof TaskDraft]: TaskDraft[Key] extends string ? (string extends TaskDraft[Key] ? Key : never) : never;
}[keyof TaskDraft];

/** A text of the draft, in an input of its own. */
export const textOf = (
  { draft, edit, leave, problem }: FormParts,
  key: TextKey,
): Pick<ComponentProps<"input">, "value" | "onChange" | "onBlur" | "spellCheck" | "autoComplete" | "autoCapitalize"> & {
  problem: string | undefined;
} => ({
  value: draft[key],
  onChange: (event) => edit({ [key]: event.target.value }),
  onBlur: () => leave(key),
  problem: problem(key),
  spellCheck: false,
  autoComplete: "off",
  autoCapitalize: "none",
});

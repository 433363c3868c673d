"use client";
import { useQuery } from "@tanstack/react-query";
import { useTRPC } from "../../trpc/client";

interface CategoryChoiceProps {
  /** Empty: all. */
  category: string;
  onChange: (category: string) => void;
}

/** Of the categories that there are; nothing where there is one alone. */
export function CategoryChoice({ category, onChange }: CategoryChoiceProps) {
  const trpc = useTRPC();
  const shelves = useQuery(trpc.templates.shelves.queryOptions());
  const categories = shelves.data?.categories ?? [];
  if (categories.length < 2 && !category) return null;
  return (
    <label>
      <span className="sr-only">Category</span>
      <select
        value={category}
        onChange={({ target }) => onChange(target.value)}
        className="h-8.5 max-w-60 rounded-md border border-line-strong/70 bg-surface px-2 text-sm"
      >
        <option value="">All categories</option>
        {category && !categories.some(({ name }) => name === category) ? <option value={category}>{category}</option> : null}
        {categories.map(({ name, templates }) => (
          <option key={name} value={name}>
            {name} ({templates})
          </option>
        ))}
      </select>
    </label>
  );
}

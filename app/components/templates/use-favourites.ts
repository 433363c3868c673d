"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTRPC } from "../../trpc/client";
import { useToasts } from "../feedback/toasts";
import type { Template } from "./catalogue";

/** The templates that a person keeps at hand. A star is filled at once; it empties again where that was refused. */
export function useFavourites() {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const toasts = useToasts();
  const shelves = useQuery(trpc.templates.shelves.queryOptions());
  const names = useMemo(() => new Set(shelves.data?.favourites.map(({ name }) => name)), [shelves.data]);
  const key = trpc.templates.shelves.queryKey();
  const write = useMutation(
    trpc.templates.setFavourite.mutationOptions({
      onError: (error, { name }) => toasts.failed(`${name} could not be changed`, error),
      onSettled: () => queryClient.invalidateQueries({ queryKey: key }),
    }),
  );
  return {
    shelves,
    isFavourite: (name: string): boolean => names.has(name),
    toggle: (template: Template) => {
      const favourite = !names.has(template.name);
      queryClient.setQueryData(key, (old) => {
        if (!old) return old;
        const others = old.favourites.filter(({ name }) => name !== template.name);
        return { ...old, favourites: favourite ? [template, ...others] : others };
      });
      write.mutate({ name: template.name, favourite });
    },
  };
}

export type Favourites = ReturnType<typeof useFavourites>;

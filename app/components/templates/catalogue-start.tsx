"use client";
import { useQuery } from "@tanstack/react-query";
import { useTRPC } from "../../trpc/client";
import { FailurePanel } from "../feedback/failure-panel";
import { CardBones } from "../feedback/skeleton";
import { NoTemplateAtAll, TemplateCards } from "./template-cards";
import { useFavourites } from "./use-favourites";

/** A few to begin with: what one keeps at hand, what one used last, and what there is. */
export function CatalogueStart({ first }: { first: number }) {
  const trpc = useTRPC();
  const favourites = useFavourites();
  const list = useQuery(trpc.templates.list.queryOptions({ limit: first, page: 1 }));
  const { shelves } = favourites;
  if (list.data && !shelves.isPending) {
    const all = [...(shelves.data?.favourites ?? []), ...(shelves.data?.recent ?? []), ...list.data.templates];
    const templates = [...new Map(all.map((template) => [template.name, template])).values()].slice(0, first);
    if (templates.length === 0) return <NoTemplateAtAll />;
    return <TemplateCards templates={templates} favourites={favourites} heading="h3" home="" />;
  }
  if (list.isError) {
    return (
      <FailurePanel error={list.error} title="The templates could not be read" onRetry={() => void list.refetch()} busy={list.isFetching} />
    );
  }
  return <CardBones />;
}

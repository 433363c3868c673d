"use client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Boxes, History, Star } from "lucide-react";
import type { ReactNode } from "react";
import { type Outputs, useTRPC } from "../../trpc/client";
import { Button } from "../controls/button";
import { SearchByText } from "../controls/search-by-text";
import { Segmented } from "../controls/segmented";
import { CursorPager } from "../data/cursor-pager";
import { useUrlFilters } from "../data/use-url-filters";
import { EmptyState } from "../feedback/empty-state";
import { FailurePanel } from "../feedback/failure-panel";
import { CardBones } from "../feedback/skeleton";
import { type CatalogueFilters, catalogueInput, onShelf, readCatalogueFilters, writeCatalogueFilters } from "./catalogue-filters";
import { CategoryChoice } from "./category-choice";
import { NoTemplateAtAll, TemplateCards } from "./template-cards";
import { useFavourites } from "./use-favourites";

export type Template = Outputs["templates"]["list"]["templates"][number];

const shelfChoices = [
  { value: "all", label: "All" },
  { value: "favourites", label: "Favourites", icon: <Star aria-hidden className="size-3.5" /> },
  { value: "recent", label: "Recent", icon: <History aria-hidden className="size-3.5" /> },
] as const;

/** The templates by shelf and category, to search in and to launch from. */
export function Catalogue() {
  const trpc = useTRPC();
  const [filters, setFilters] = useUrlFilters(readCatalogueFilters, writeCatalogueFilters);
  const favourites = useFavourites();
  const { shelves } = favourites;
  const whole = filters.shelf !== "all";
  const list = useQuery({
    ...trpc.templates.list.queryOptions(catalogueInput(filters)),
    placeholderData: keepPreviousData,
    enabled: !whole,
  });
  const change = (next: Partial<CatalogueFilters>) => setFilters({ ...filters, after: "", page: 1, ...next });
  const clear = () => change({ shelf: "all", category: "", search: "" });
  const source = whole ? shelves : list;
  const shown = whole
    ? shelves.data?.[filters.shelf === "recent" ? "recent" : "favourites"].filter((template) => onShelf(template, filters))
    : list.data?.templates;
  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap items-center gap-3">
        <SearchByText label="Search templates" text={filters.search} onText={(search) => change({ search })} />
        <Segmented label="Shelf" value={filters.shelf} options={shelfChoices} onChange={(shelf) => change({ shelf })} />
        <CategoryChoice category={filters.category} onChange={(category) => change({ category })} />
      </div>
      {shown ? (
        shown.length > 0 ? (
          <TemplateCards templates={shown} favourites={favourites} heading="h2" home={filters.home} />
        ) : (
          <NoTemplates filters={filters} onClear={clear} />
        )
      ) : source.isError ? (
        <FailurePanel
          error={source.error}
          title="The templates could not be read"
          onRetry={() => void source.refetch()}
          busy={source.isFetching}
        />
      ) : (
        <CardBones />
      )}
      {!whole && list.data ? (
        <CursorPager
          pagination={list.data.pagination}
          after={filters.after}
          shown={list.data.templates.length}
          onGo={(place) => change(place)}
        />
      ) : null}
    </div>
  );
}

function NoTemplates({ filters, onClear }: { filters: CatalogueFilters; onClear: () => void }) {
  const { shelf, search, category } = filters;
  const empty = (icon: ReactNode, title: string, words: string) => (
    <EmptyState icon={icon} title={title} action={<Button onClick={onClear}>Show all templates</Button>}>
      {words}
    </EmptyState>
  );
  if (search || category || filters.after) {
    const words = search ? `No name, description or tag here has “${search}” in it.` : `Nothing here is of the category ${category}.`;
    return empty(<Boxes aria-hidden />, "No template matches", words);
  }
  if (shelf === "favourites")
    return empty(<Star aria-hidden />, "No favourites yet", "Press the star of a template, and it stays here, at hand.");
  if (shelf === "recent")
    return empty(<History aria-hidden />, "Nothing started yet", "Templates that you start sessions from come here, the last first.");
  return <NoTemplateAtAll />;
}

"use client";
import { Boxes } from "lucide-react";
import { EmptyState } from "../feedback/empty-state";
import type { Template } from "./catalogue";
import { TemplateCard } from "./template-card";
import type { Favourites } from "./use-favourites";

interface TemplateCardsProps {
  templates: readonly Template[];
  favourites: Favourites;
  heading: "h2" | "h3";
  home: string;
}

export function TemplateCards({ templates, favourites, heading, home }: TemplateCardsProps) {
  return (
    <ul className="grid grid-cols-1 gap-3 sm:grid-cols-2 xl:grid-cols-3">
      {templates.map((template) => (
        <TemplateCard
          key={template.name}
          template={template}
          heading={heading}
          home={home}
          favourite={favourites.isFavourite(template.name)}
          onFavourite={() => favourites.toggle(template)}
        />
      ))}
    </ul>
  );
}

export function NoTemplateAtAll() {
  return (
    <EmptyState icon={<Boxes aria-hidden />} title="No templates">
      A template says which image a session is started from. Berth brings some at its first start; an administrator can add others.
    </EmptyState>
  );
}

"use client";
import { Play, SlidersHorizontal, Star } from "lucide-react";
import { Button, ButtonLink, IconButton } from "../controls/button";
import { lazyInBrowser } from "../lazy-part";
import { useLaunch, warmSessionPage } from "../sessions/use-launch";
import type { Template } from "./catalogue";
import { TemplateCardFace } from "./template-card-face";

const LaunchFailure = lazyInBrowser(() => import("../sessions/launch-failure").then((module) => module.LaunchFailure));

interface TemplateCardProps {
  template: Template;
  /** By what stands above the cards. */
  heading: "h2" | "h3";
  /** The home to start with; empty: as the template says. */
  home: string;
  favourite: boolean;
  onFavourite: () => void;
}

export function TemplateCard({ template, heading, home, favourite, onFavourite }: TemplateCardProps) {
  const launch = useLaunch();
  const { name, displayName } = template;
  return (
    <li className="relative flex min-w-0 flex-col gap-3 rounded-lg border border-line bg-surface p-4 transition-colors duration-150 hover:border-line-strong/60">
      <TemplateCardFace template={template} heading={heading} aside />
      <IconButton
        label={`Keep ${displayName} at hand`}
        title={favourite ? "One of your favourites" : "Keep at hand"}
        pressed={favourite}
        onClick={onFavourite}
        className="absolute! top-3 right-3 aria-pressed:bg-transparent!"
      >
        <Star aria-hidden className={`size-4 ${favourite ? "fill-warning text-warning" : ""}`} />
      </IconButton>
      {launch.error ? <LaunchFailure error={launch.error} onWait={launch.wait} /> : null}
      <div className="flex gap-2">
        <Button
          size="small"
          className="h-8 flex-1"
          busy={launch.launching}
          icon={<Play aria-hidden className="size-3.5" />}
          aria-label={`Launch ${displayName}`}
          onPointerEnter={warmSessionPage}
          onFocus={warmSessionPage}
          onClick={() => launch.start({ template: name, ...(home ? { homeId: home } : {}) })}
        >
          {launch.launching ? "Launching" : "Launch"}
        </Button>
        <ButtonLink
          size="small"
          className="h-8"
          href={`/sessions/new?${new URLSearchParams({ template: name, ...(home ? { home } : {}) })}`}
          icon={<SlidersHorizontal aria-hidden className="size-3.5" />}
          aria-label={`Options for ${displayName}`}
        >
          Options
        </ButtonLink>
      </div>
    </li>
  );
}

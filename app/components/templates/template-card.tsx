"use client";
import { Play, SlidersHorizontal } from "lucide-react";
import { Button, ButtonLink } from "../controls/button";
import { LaunchFailure } from "../sessions/launch-failure";
import { useLaunch, warmSessionPage } from "../sessions/use-launch";
import type { Template } from "./catalogue";
import { TemplateCardFace } from "./template-card-face";

interface TemplateCardProps {
  template: Template;
  /** By what stands above the cards. */
  heading: "h2" | "h3";
}

export function TemplateCard({ template, heading }: TemplateCardProps) {
  const launch = useLaunch();
  return (
    <li className="flex min-w-0 flex-col gap-3 rounded-lg border border-line bg-surface p-4 transition-colors duration-150 hover:border-line-strong/60">
      <TemplateCardFace template={template} heading={heading} />
      {launch.error ? <LaunchFailure error={launch.error} /> : null}
      <div className="flex gap-2">
        <Button
          size="small"
          className="h-8 flex-1"
          busy={launch.launching}
          icon={<Play aria-hidden className="size-3.5" />}
          aria-label={`Launch ${template.displayName}`}
          onPointerEnter={warmSessionPage}
          onFocus={warmSessionPage}
          onClick={() => launch.start({ template: template.name })}
        >
          {launch.launching ? "Launching" : "Launch"}
        </Button>
        <ButtonLink
          size="small"
          className="h-8"
          href={`/sessions/new?template=${encodeURIComponent(template.name)}`}
          icon={<SlidersHorizontal aria-hidden className="size-3.5" />}
          aria-label={`Options for ${template.displayName}`}
        >
          Options
        </ButtonLink>
      </div>
    </li>
  );
}

"use client";
import { Play, SlidersHorizontal } from "lucide-react";
import { cpuWords, memoryWords } from "../../format/quantity";
import { Button, ButtonLink } from "../controls/button";
import { Badge } from "../data/badge";
import { LaunchFailure } from "../sessions/launch-failure";
import { useLaunch, warmSessionPage } from "../sessions/use-launch";
import type { Template } from "./catalogue";
import { TemplateIcon } from "./template-icon";

interface TemplateCardProps {
  template: Template;
  /** By what stands above the cards. */
  heading: "h2" | "h3";
}

export function TemplateCard({ template, heading: Heading }: TemplateCardProps) {
  const launch = useLaunch();
  return (
    <li className="flex min-w-0 flex-col gap-3 rounded-lg border border-line bg-surface p-4 transition-colors duration-150 hover:border-line-strong/60">
      <div className="flex items-start gap-3">
        <TemplateIcon icon={template.icon} />
        <div className="min-w-0 flex-1">
          <Heading className="truncate font-medium" title={template.displayName}>
            {template.displayName}
          </Heading>
          <p className="tabular truncate text-sm text-ink-faint">
            {memoryWords(template.defaultResources.memory)} · {cpuWords(template.defaultResources.cpu)}
          </p>
        </div>
      </div>
      <p className="line-clamp-3 flex-1 text-sm text-ink-soft wrap-anywhere">{template.description}</p>
      <div className="flex flex-wrap gap-1">
        <Badge>{template.display.protocol === "http" ? "opens in a tab" : "desktop"}</Badge>
        {template.persistentHome ? <Badge>keeps its home</Badge> : null}
        {template.security === "compatible" ? (
          <Badge tone="warning" title="Runs with five capabilities and a writable root, for images that start as root">
            compatible mode
          </Badge>
        ) : null}
        {template.tried ? null : (
          <Badge tone="warning" title="A public image that was not tried with this version of Berth">
            not tried
          </Badge>
        )}
      </div>
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

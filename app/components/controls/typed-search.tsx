"use client";
import { useEffect, useState } from "react";
import { SearchField } from "./search-field";

const PAUSE_MS = 200;

interface TypedSearchProps {
  label: string;
  text: string;
  onText: (text: string) => void;
  className?: string;
}

/** A search that asks when the typing pauses, and follows when its text is changed from elsewhere. */
export function TypedSearch({ label, text, onText, className = "w-full sm:w-64" }: TypedSearchProps) {
  const [typed, setTyped] = useState(text);
  const [known, setKnown] = useState(text);
  if (known !== text) {
    setKnown(text);
    setTyped(text);
  }
  useEffect(() => {
    if (typed === text) return;
    const timer = setTimeout(() => onText(typed), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [typed, text, onText]);
  return <SearchField label={label} value={typed} onChange={setTyped} maxLength={100} className={className} />;
}

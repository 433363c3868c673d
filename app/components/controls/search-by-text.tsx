"use client";
import { useEffect, useState } from "react";
import { SearchField } from "./search-field";

const PAUSE_MS = 200;

interface SearchByTextProps {
  label: string;
  /** What is searched for now. */
  text: string;
  onText: (text: string) => void;
  className?: string;
}

/** Waits until the typing pauses before it asks. */
export function SearchByText({ label, text, onText, className = "w-full sm:w-64" }: SearchByTextProps) {
  const [typed, setTyped] = useState(text);
  const [asked, setAsked] = useState(text);
  // Cleared from elsewhere.
  if (asked !== text) {
    setAsked(text);
    setTyped(text);
  }
  useEffect(() => {
    if (typed === text) return;
    const timer = setTimeout(() => {
      setAsked(typed);
      onText(typed);
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [typed, text, onText]);
  return <SearchField label={label} value={typed} onChange={setTyped} maxLength={100} className={className} />;
}

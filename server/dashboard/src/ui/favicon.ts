// The tab tells how the factory is, by a shape and by its title.

import { effect } from "@preact/signals";
import { type Mood, moodOf } from "../data/events";
import { link, status } from "../data/live";
import { title } from "./basics";

const COLOURS: Record<Mood, string> = { running: "#2f7fe0", failed: "#d23a2e", owed: "#c77c00", fine: "#1f9254", unknown: "#7a8694" };
const MARKS: Record<Mood, string> = {
    running: "<path d='M11 9.5l11 6.5-11 6.5z' fill='#fff'/>",
    failed: "<path d='M11 11l10 10M21 11L11 21' stroke='#fff' stroke-width='3.5' stroke-linecap='round'/>",
    owed: "<path d='M16 8.5v9M16 22.5v.5' stroke='#fff' stroke-width='3.5' stroke-linecap='round'/>",
    fine: "<path d='M9.5 16.5l4.5 4.5 8.5-9.5' stroke='#fff' stroke-width='3.5' fill='none' stroke-linecap='round' stroke-linejoin='round'/>",
    unknown: "<circle cx='16' cy='16' r='4' fill='#fff'/>",
};
const SIGNS: Record<Mood, string> = { running: "▸ ", failed: "✕ ", owed: "! ", fine: "", unknown: "" };

function picture(mood: Mood): string {
    const shape = mood === "failed" ? "<path d='M10 1h12l9 9v12l-9 9H10l-9-9V10z' fill='C'/>" : "<circle cx='16' cy='16' r='15' fill='C'/>";
    const svg = `<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'>${shape.replace("C", COLOURS[mood])}${MARKS[mood]}</svg>`;
    return "data:image/svg+xml," + encodeURIComponent(svg);
}

export function startFavicon(): void {
    const icon = document.querySelector<HTMLLinkElement>("link[rel=icon]")!;
    let shown: Mood | null = null;
    effect(() => {
        const mood = link.value === "lost" ? "unknown" : moodOf(status.value);
        if (mood !== shown) {
            icon.href = picture(mood);
            icon.dataset.mood = mood;
            shown = mood;
        }
        document.title = `${SIGNS[mood]}${title.value ? `${title.value} · ` : ""}slipway`;
    });
}

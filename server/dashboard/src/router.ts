// Where the page is: the address is the only truth, so every view has a link.

import { signal } from "@preact/signals";

export interface Place {
    path: string;
    query: URLSearchParams;
    hash: string;
}

const here = (): Place => ({ path: location.pathname, query: new URLSearchParams(location.search), hash: location.hash });

export const place = signal<Place>(here());
/** Somebody went from one view to another: the focus follows. */
export const moved = signal(false);

export function go(url: string, replace = false): void {
    const before = location.pathname;
    moved.value ||= !replace;
    history[replace ? "replaceState" : "pushState"](null, "", url);
    place.value = here();
    if (!replace && location.pathname !== before) {
        scrollTo(0, 0);
    }
}

/** Changes some of the query, without a new entry in the history; empty values go. */
export function setQuery(changes: Record<string, string>): void {
    const query = new URLSearchParams(location.search);
    for (const [name, value] of Object.entries(changes)) {
        value === "" ? query.delete(name) : query.set(name, value);
    }
    const text = query.toString();
    go(location.pathname + (text === "" ? "" : `?${text}`) + location.hash, true);
}

/** A folder as a part of a path: its slashes stay, the root is `.` */
export const pathOf = (text: string): string => text.split("/").map(encodeURIComponent).join("/");

export function startRouter(): void {
    addEventListener("popstate", () => { place.value = here(); });
    addEventListener("hashchange", () => { place.value = here(); });
    document.addEventListener("click", (event) => {
        const anchor = (event.target as Element | null)?.closest?.("a");
        const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
        const href = anchor?.getAttribute("href");
        if (!anchor || !isPlain || event.defaultPrevented || !href?.startsWith("/") || href.startsWith("/api/") || anchor.hasAttribute("download")) {
            return;
        }
        event.preventDefault();
        go(href);
    });
}

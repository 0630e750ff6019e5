// The keyboard: keys of the whole page, and those that the view in front adds. `g b` is two keys, one after the other.

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

export interface Key {
    keys: string;
    what: string;
    run: () => void;
}

const PAUSE_MS = 1_200;

const layers = new Set<Key[]>();
let first = "", firstAt = 0;

export const helpOpen = signal(false);

/** All that work now, the view's own last. */
export const allKeys = (): Key[] => [...layers].flat();

export function addKeys(keys: Key[]): () => void {
    layers.add(keys);
    return () => layers.delete(keys);
}

export function useKeys(keys: Key[]): void {
    useEffect(() => addKeys(keys), keys.map((key) => key.run));
}

const isTyping = (target: EventTarget | null): boolean =>
    target instanceof HTMLElement && (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName));

function take(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || document.querySelector("dialog[open]")) {
        return;
    }
    const pair = performance.now() - firstAt < PAUSE_MS ? `${first} ${event.key}` : "";
    const keys = allKeys().reverse();
    const found = keys.find((key) => key.keys === pair) ?? keys.find((key) => key.keys === event.key);
    [first, firstAt] = [event.key, performance.now()];
    if (found) {
        event.preventDefault();
        firstAt = 0;
        found.run();
    }
}

/** Moves among the rows of the view: what is marked with data-item. */
export function moveRow(by: 1 | -1): void {
    const items = [...document.querySelectorAll<HTMLElement>("main [data-item]")];
    const at = items.indexOf(document.activeElement as HTMLElement);
    const next = items[at < 0 ? (by > 0 ? 0 : items.length - 1) : at + by];
    next?.focus();
    next?.scrollIntoView({ block: "nearest" });
}

export function startKeys(): void {
    addEventListener("keydown", take);
}

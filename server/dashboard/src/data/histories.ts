// How long the last builds of an image took, asked for only of those in sight: a few at a time, each once.

import { signal, type Signal } from "@preact/signals";
import { get } from "./api";
import { pathOf } from "../router";
import type { ImageHistory } from "./types";

const AT_A_TIME = 4;

const known = new Map<string, Signal<number[] | null>>();
const waiting: { path: string; place: Signal<number[] | null> }[] = [];
let busy = 0;

async function next(): Promise<void> {
    // What came into sight last is what is looked at.
    const job = waiting.pop();
    if (!job || busy >= AT_A_TIME) {
        job && waiting.push(job);
        return;
    }
    busy += 1;
    try {
        const { history } = await get<ImageHistory>(job.path);
        job.place.value = history.map((entry) => entry.duration_ms).reverse();
    } catch {
        job.place.value = [];
    }
    busy -= 1;
    void next();
}

/** The oldest first; null: not known yet. */
export function durationsOf(repository: string, folder: string): Signal<number[] | null> {
    const path = `/api/v1/images/${encodeURIComponent(repository)}/${pathOf(folder)}`;
    let place = known.get(path);
    if (!place) {
        place = signal<number[] | null>(null);
        known.set(path, place);
        waiting.push({ path, place });
        void next();
    }
    return place;
}

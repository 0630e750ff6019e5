// How long the last builds of an image took, asked for only while a row of it is in sight: a few at a time, each once.

import { useEffect, useState } from "preact/hooks";
import { pathOf } from "../router";
import { get } from "./api";
import type { ImageHistory } from "./types";

const AT_A_TIME = 3, MOST_KNOWN = 5_000;

interface Job {
    path: string;
    done: (durations: number[]) => void;
}

const known = new Map<string, number[]>();
const waiting = new Set<Job>();
let busy = 0;

async function next(): Promise<void> {
    const job = waiting.values().next().value;
    if (!job || busy >= AT_A_TIME) {
        return;
    }
    waiting.delete(job);
    busy += 1;
    try {
        const { history } = await get<ImageHistory>(job.path);
        const durations = history.map((entry) => entry.duration_ms).reverse();
        known.size < MOST_KNOWN && known.set(job.path, durations);
        job.done(durations);
    } catch {
        // A picture that is missing is no reason for words; the next sight of the row asks again.
    }
    busy -= 1;
    void next();
}

/** The oldest first; none while they are not known. */
export function useDurations(repository: string, folder: string): number[] {
    const path = `/api/v1/images/${encodeURIComponent(repository)}/${pathOf(folder)}`;
    const [durations, setDurations] = useState<number[]>([]);
    useEffect(() => {
        if (known.has(path)) {
            return;
        }
        const job = { path, done: setDurations };
        // Rows that only rush by are not asked for.
        const timer = setTimeout(() => { waiting.add(job); void next(); }, 120);
        return () => { clearTimeout(timer); waiting.delete(job); };
    }, [path]);
    return known.get(path) ?? durations;
}

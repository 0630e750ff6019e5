// What changes while the page is open: one stream of events for the whole page, of which each tab that is looked at has one
// (browsers have six connections a host). Where it can't be had, status is asked for again and again. Views hear that something
// changed, and ask for what they show.

import { signal } from "@preact/signals";
import { call, Problem } from "./api";
import { apply, type Kind, type LiveEvent } from "./events";
import type { Status } from "./types";

const POLL_MS = 2_000, POLL_HIDDEN_MS = 20_000, POLL_BESIDE_STREAM_MS = 60_000, RETRY_STREAM_MS = 10_000, LONGEST_WAIT_MS = 15_000;
const KINDS: Kind[] = ["snapshot", "delivery", "build", "step", "image", "owed", "engine"];

export type Link = "connecting" | "live" | "polling" | "lost";

export const status = signal<Status | null>(null);
export const link = signal<Link>("connecting");

type Listener = (event: LiveEvent) => void;
const listeners = new Set<Listener>();
let etag = "", failures = 0, timer = 0, retry = 0, source: EventSource | null = null;

/** Returns what ends it. */
export function onChange(listener: Listener): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
}

function take(event: LiveEvent): void {
    if (event.kind === "snapshot" || status.value !== null) {
        status.value = apply(status.value!, event);
    }
    listeners.forEach((listener) => listener(event.kind === "snapshot" ? { kind: "any" } : event));
}

async function refresh(): Promise<void> {
    const response = await call("/api/v1/status", { cache: "no-store", headers: etag === "" ? {} : { "If-None-Match": etag } });
    failures = 0;
    if (response.status !== 304) {
        etag = response.headers.get("ETag") ?? "";
        take({ kind: "snapshot", data: await response.json() as Status });
    }
    if (link.value !== "live") {
        link.value = "polling";
    }
}

const pause = (): number => failures > 0 ? Math.min(1000 * 2 ** failures, LONGEST_WAIT_MS)
    : link.value === "live" ? POLL_BESIDE_STREAM_MS : document.hidden ? POLL_HIDDEN_MS : POLL_MS;

/** Asks now, and goes on asking. */
export async function poll(): Promise<void> {
    clearTimeout(timer);
    try {
        await refresh();
    } catch (error) {
        failures += 1;
        link.value = error instanceof Problem && error.status === 401 ? "polling" : "lost";
    }
    clearTimeout(timer);
    timer = window.setTimeout(() => void poll(), pause());
}

function closeStream(): void {
    source?.close();
    source = null;
    clearTimeout(retry);
    if (link.value === "live") {
        link.value = "polling";
    }
}

/** The stream broke, or could not be had: meanwhile status is asked for. */
function missStream(): void {
    closeStream();
    void poll();
    retry = window.setTimeout(openStream, RETRY_STREAM_MS);
}

function openStream(): void {
    closeStream();
    const stream = source = new EventSource("/api/v1/events");
    for (const kind of KINDS) {
        stream.addEventListener(kind, (event) => {
            link.value = "live";
            failures = 0;
            take({ kind, data: JSON.parse((event as MessageEvent<string>).data) });
        });
    }
    // Too slow, or the daemon stops: what was missed comes with the next stream's snapshot.
    stream.addEventListener("end", () => {
        closeStream();
        retry = window.setTimeout(openStream, 1000);
    });
    stream.onerror = () => source === stream && missStream();
}

function onVisibility(): void {
    document.hidden ? closeStream() : openStream();
    void poll();
}

export function start(): void {
    void poll();
    openStream();
    document.addEventListener("visibilitychange", onVisibility);
}

/** After a sign-in. */
export function restart(): void {
    etag = "";
    openStream();
    void poll();
}

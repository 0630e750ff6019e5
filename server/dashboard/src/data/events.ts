// Live events, and what they make of a status.

import type { BriefBuild, Build, Engine, ImageStatus, Status, Step } from "./types";

export type Kind = "snapshot" | "delivery" | "build" | "step" | "image" | "owed" | "engine";

export interface LiveEvent {
    kind: Kind | "any";
    data?: unknown;
}

const FINAL = new Set(["succeeded", "failed", "cancelled", "superseded"]);
const MOST_FINISHED = 20;

export const isFinal = (build: { state: string }): boolean => FINAL.has(build.state);

/** The list with what has the same key replaced, or added at its end. */
function put<T>(list: T[], item: T, key: (item: T) => unknown): T[] {
    const at = list.findIndex((other) => key(other) === key(item));
    return at < 0 ? [...list, item] : list.map((other, place) => (place === at ? item : other));
}

const idOf = (build: BriefBuild): number => build.id;
const others = <T extends BriefBuild>(builds: T[], build: BriefBuild): T[] => builds.filter((other) => other.id !== build.id);

function withBuild(status: Status, build: BriefBuild): Status {
    const isWaiting = build.state === "queued", wasWaiting = status.waiting.some((other) => other.id === build.id);
    const old = status.running.find((other) => other.id === build.id);
    const running = { plan: old?.plan ?? null, steps: old?.steps ?? [], ...build } as Build;
    return {
        ...status,
        running: build.state === "running" ? put(status.running, running, idOf) : others(status.running, build),
        waiting: isWaiting ? put(status.waiting, build, idOf) : others(status.waiting, build),
        waiting_total: status.waiting_total + Number(isWaiting) - Number(wasWaiting),
        finished: isFinal(build) ? [build, ...others(status.finished, build)].slice(0, MOST_FINISHED) : others(status.finished, build),
    };
}

function withStep(status: Status, step: Step & { build: number }): Status {
    const running = status.running.map((build) =>
        build.id !== step.build ? build : { ...build, steps: put<Step>(build.steps, step, (one) => one.step).sort((a, b) => a.step - b.step) });
    return { ...status, running };
}

/** The status after an event. */
export function apply(status: Status, { kind, data }: LiveEvent): Status {
    switch (kind) {
        case "snapshot": return data as Status;
        case "build": return withBuild(status, data as BriefBuild);
        case "step": return withStep(status, data as Step & { build: number });
        case "image": return { ...status, images: put(status.images, data as ImageStatus, (one) => `${one.repository} ${one.folder}`) };
        case "engine": return { ...status, engines: put(status.engines, data as Engine, (one) => one.name) };
        case "owed": return { ...status, owed: (data as { owed: number }).owed };
        default: return status;
    }
}

/** The number of the build that an event is about; null: none, or any. */
export function buildOf(event: LiveEvent): number | null {
    const data = event.data as { id?: unknown; build?: unknown } | undefined;
    const id = event.kind === "build" ? data?.id : event.kind === "step" ? data?.build : null;
    return typeof id === "number" ? id : null;
}

/** A build after an event about it; null: the event does not hold all that changed. */
export function patched(build: Build, { kind, data }: LiveEvent): Build | null {
    if (kind === "step" && build.steps.some((step) => step.step === (data as Step).step)) {
        return { ...build, steps: put<Step>(build.steps, data as Step, (step) => step.step) };
    }
    const next = data as BriefBuild;
    // The plan comes with the first steps; the end may have changed any of them.
    return kind === "build" && build.steps.length > 0 && !isFinal(next) ? { ...build, ...next } : null;
}

/** What a person who does not look should hear: of builds that ended between two statuses. */
export function news(before: Status | null, after: Status): string[] {
    if (before === null) {
        return [];
    }
    const known = new Map([...before.running, ...before.waiting].map((build) => [build.id, build]));
    return after.finished.filter((build) => known.has(build.id)).map((build) => `Build ${build.id} ${build.state}`);
}

export type Mood = "running" | "failed" | "owed" | "fine" | "unknown";

/** How the factory is as a whole: what runs first, then what the newest results say. */
export function moodOf(status: Status | null): Mood {
    if (status === null) {
        return "unknown";
    }
    if (status.running.length > 0 || status.waiting_total > 0) {
        return "running";
    }
    const newest = new Map<string, BriefBuild>();
    for (const build of status.finished) {
        const branch = `${build.repository} ${build.ref}`;
        if (!newest.has(branch) && build.state !== "superseded") {
            newest.set(branch, build);
        }
    }
    const hasFailed = [...newest.values()].some((build) => build.state === "failed");
    return hasFailed ? "failed" : status.owed > 0 ? "owed" : "fine";
}

const DONE = new Set(["pushed", "unchanged", "failed", "cancelled", "skipped"]);

export const isDone = (step: Step): boolean => DONE.has(step.state) || (step.state === "built" && !step.push);
export const isActive = (step: Step): boolean => step.state === "building" || step.state === "pushing";
export const doneOf = (build: Build): number => build.steps.filter(isDone).length;

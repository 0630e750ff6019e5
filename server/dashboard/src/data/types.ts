// What the API answers (server/api), as far as the page reads it.

export type BuildState = "queued" | "running" | "succeeded" | "failed" | "cancelled" | "superseded";
export type StepState =
    | "waiting" | "ready" | "building" | "built" | "pushing" | "pushed" | "unchanged" | "failed" | "cancelled" | "skipped";

export interface Reason {
    kind: "changed" | "added" | "watched" | "base_rebuilt" | "base_moved" | "owed" | "requested";
    paths?: string[];
    more_paths?: number;
    folder?: string;
    reference?: string;
    from?: string;
    to?: string;
    since?: string | null;
    why?: string;
}

export interface Step {
    step: number;
    folder: string;
    image: string;
    references: string[];
    needs: number[];
    reasons: Reason[] | null;
    push: boolean;
    priority: string;
    state: StepState;
    attempts: number;
    worker: string | null;
    engine: string | null;
    digests: Record<string, string>;
    attested: string[];
    error: string | null;
    note: string | null;
    not_before: string | null;
    started: string | null;
    built: string | null;
    finished: string | null;
}

export interface SourceError {
    path: string;
    line: number;
    column: number;
    message: string;
}

export interface Plan {
    base?: { commit: string; rule: string };
    removed?: { folder: string; image: string; moved_to?: string | null }[];
    unchanged?: number;
    errors?: SourceError[];
}

export interface BriefBuild {
    id: number;
    repository: string;
    ref: string | null;
    before: string | null;
    after: string | null;
    trigger: "manual" | "push" | "reconcile";
    folders: string[];
    no_cache: boolean;
    state: BuildState;
    error: string | null;
    delivery: number | null;
    created: string;
    started: string | null;
    finished: string | null;
}

export interface Build extends BriefBuild {
    plan: Plan | null;
    steps: Step[];
}

export interface Engine {
    name: string;
    up: boolean;
    reason: string | null;
    draining: boolean;
    steps: number;
    most_steps: number;
    version: string | null;
    api_version: string | null;
    disk_bytes: number | null;
    most_disk_bytes: number | null;
}

export interface ImageStatus {
    repository: string;
    folder: string;
    image: string;
    build: number;
    state: StepState;
    error: string | null;
    finished: string | null;
}

export interface Status {
    version: string;
    repositories: { name: string; project: string }[];
    engines: Engine[];
    running: Build[];
    waiting: BriefBuild[];
    waiting_total: number;
    owed: number;
    finished: BriefBuild[];
    images: ImageStatus[];
}

export interface Owed {
    since: string;
    why: string;
    commit: string | null;
    build: number | null;
}

export interface Image {
    repository: string;
    ref: string;
    folder: string;
    image: string | null;
    references: string[];
    digests: Record<string, string>;
    commit: string | null;
    build: number | null;
    pushed: string | null;
    owed: Owed | null;
    removed: string | null;
    moved_to: string | null;
}

export interface OwedEntry extends Owed {
    repository: string;
    ref: string;
    folder: string;
    image: string | null;
    pushed_commit: string | null;
}

export interface ImageHistory {
    repository: string;
    folder: string;
    images: Image[];
    history: { duration_ms: number; build?: number; finished?: string; state?: string }[];
}

export interface Delivery {
    id: number;
    received: string;
    repository: string | null;
    event: string | null;
    ref: string | null;
    before: string | null;
    after: string | null;
    reason: string | null;
    build: number | null;
}

/** Beside these, what its kind has; an error has its place. */
export interface Cause {
    kind: string;
    words: string;
}

export interface Explanation {
    repository: string;
    ref: string | null;
    folder: string;
    image: string | null;
    before: string | null;
    after: string | null;
    tree: { before: string | null; after: string | null };
    verdict: "built" | "not_built" | "waiting";
    why: string;
    causes: Cause[];
    estimate_seconds: number | null;
    build: BriefBuild | null;
    step: Step | null;
    ledger: Image | null;
}

export interface Session {
    name: string | null;
    role: "none" | "read" | "write";
}

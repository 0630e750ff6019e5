import { Icon } from "./icons";

export type Tone = "ok" | "run" | "bad" | "warn" | "off";

interface Look {
    icon: string;
    word: string;
    tone: Tone;
}

const LOOKS: Record<string, Look> = {
    queued: { icon: "waiting", word: "queued", tone: "off" },
    running: { icon: "running", word: "running", tone: "run" },
    succeeded: { icon: "done", word: "succeeded", tone: "ok" },
    failed: { icon: "failed", word: "failed", tone: "bad" },
    cancelled: { icon: "cancelled", word: "cancelled", tone: "off" },
    superseded: { icon: "superseded", word: "superseded", tone: "off" },
    waiting: { icon: "waiting", word: "waiting", tone: "off" },
    ready: { icon: "ready", word: "ready", tone: "off" },
    building: { icon: "running", word: "building", tone: "run" },
    built: { icon: "built", word: "built", tone: "ok" },
    pushing: { icon: "pushing", word: "pushing", tone: "run" },
    pushed: { icon: "done", word: "pushed", tone: "ok" },
    unchanged: { icon: "unchanged", word: "unchanged", tone: "ok" },
    skipped: { icon: "skipped", word: "skipped", tone: "off" },
    owed: { icon: "owed", word: "owed", tone: "warn" },
    removed: { icon: "removed", word: "removed", tone: "off" },
    up: { icon: "done", word: "up", tone: "ok" },
    down: { icon: "failed", word: "down", tone: "bad" },
    draining: { icon: "skipped", word: "draining", tone: "warn" },
    accepted: { icon: "done", word: "accepted", tone: "ok" },
    ignored: { icon: "skipped", word: "ignored", tone: "off" },
    not_built: { icon: "unchanged", word: "not built", tone: "off" },
};

export const lookOf = (state: string): Look => LOOKS[state] ?? { icon: "unknown", word: state, tone: "off" };

/** An icon and its word, in the state's colour. */
export function State({ of, word, big }: { of: string; word?: string; big?: boolean }) {
    const look = lookOf(of);
    return (
        <span class={`state tone-${look.tone}${big ? " state-big" : ""}`}>
            <Icon name={look.icon} size={big ? 24 : 16} />
            <span>{word ?? look.word}</span>
        </span>
    );
}

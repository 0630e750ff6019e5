// Small parts that every view uses.

import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Problem } from "../data/api";
import { between, duration, relative, shortId, shortRef } from "../data/format";
import type { BriefBuild } from "../data/types";
import { moved, place } from "../router";
import { Icon } from "./icons";

/** The present second, for all that counts. */
export const now = signal(Date.now());
setInterval(() => { document.hidden || (now.value = Date.now()); }, 1000);

export function Ago({ time }: { time: string | null }) {
    return time === null ? <span class="muted">never</span>
        : <time dateTime={time} title={new Date(time).toLocaleString()}>{relative(time, now.value)}</time>;
}

/** How long something took, or has taken up to now. */
export function Took({ from, to }: { from: string | null; to: string | null }) {
    const ms = between(from, to, to === null ? now.value : 0);
    return <span class="number">{ms === null ? "" : duration(ms)}</span>;
}

export const Commit = ({ id }: { id: string | null }) => (id ? <code class="commit" title={id}>{shortId(id)}</code> : null);

/** `main 3f2a1bc0d`. */
export function Revision({ build }: { build: BriefBuild }) {
    return <span class="revision">{build.ref && <span class="ref">{shortRef(build.ref)}</span>}<Commit id={build.after} /></span>;
}

/** The view's title: focus goes here when the view changes, so that a screen reader reads on from it. */
export function Title({ text, children, window: bar }: { text: string; window?: string; children?: ComponentChildren }) {
    const heading = useRef<HTMLHeadingElement>(null);
    useEffect(() => { title.value = bar ?? text; }, [bar ?? text]);
    useEffect(() => { moved.value && heading.current?.focus({ preventScroll: true }); }, [place.value.path]);
    return <h1 ref={heading} tabIndex={-1}>{children ?? text}</h1>;
}

export const title = signal("");

export function Trouble({ problem, retry }: { problem: Problem | null; retry?: () => void }) {
    return problem === null ? null : (
        <div class="note tone-bad" role="alert">
            <Icon name="failed" />
            <div><strong>{problem.title}</strong>{problem.detail && <p>{problem.detail}</p>}</div>
            {retry && <button type="button" class="button" onClick={retry}>Ask again</button>}
        </div>
    );
}

export function Empty({ children }: { children: ComponentChildren }) {
    return <p class="empty">{children}</p>;
}

/** Grey bars where something is on its way. */
export function Loading({ rows = 4 }: { rows?: number }) {
    return <div class="loading" role="status" aria-label="loading">{Array.from({ length: rows }, (_, at) => <span key={at} />)}</div>;
}

export function Button(props: { onClick: () => void; icon?: string; children: ComponentChildren; kind?: "primary" | "danger" | "quiet"; disabled?: boolean; pressed?: boolean; label?: string; id?: string }) {
    return (
        <button type="button" id={props.id} class={`button ${props.kind ?? ""}`} onClick={props.onClick} disabled={props.disabled}
            aria-pressed={props.pressed} aria-label={props.label} title={props.label}>
            {props.icon && <Icon name={props.icon} />}{props.children}
        </button>
    );
}

export function Panel({ title: heading, more, children, wide }: { title: string; more?: ComponentChildren; children: ComponentChildren; wide?: boolean }) {
    const id = "panel-" + heading.toLowerCase().replace(/[^a-z]+/g, "-");
    return (
        <section class={`panel${wide ? " wide" : ""}`} aria-labelledby={id}>
            <header><h2 id={id}>{heading}</h2>{more}</header>
            {children}
        </section>
    );
}

// --- what is said of what was done, seen and heard

export const said = signal<{ text: string; at: number } | null>(null);

export function say(text: string): void {
    said.value = { text, at: Date.now() };
}

export function Said() {
    const message = said.value;
    const isShown = message !== null && now.value - message.at < 6000;
    return <div class={`said${isShown ? " shown" : ""}`} role="status" aria-live="polite">{message?.text}</div>;
}

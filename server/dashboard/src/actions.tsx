// What changes something: rebuild, retry, cancel, replay. Each shows what it will do before it does it.

import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { idempotencyKey, post, Problem } from "./data/api";
import { counted, shortId, shortRef } from "./data/format";
import { poll } from "./data/live";
import { go } from "./router";
import { Button, Loading, say, Trouble } from "./ui/basics";
import { Dialog } from "./ui/dialog";
import { State } from "./ui/state";

export type Action =
    | { kind: "rebuild"; repository: string; ref: string; folders: string[] }
    | { kind: "retry"; build: number }
    | { kind: "cancel"; build: number }
    | { kind: "replay"; delivery: number };

export const asked = signal<Action | null>(null);

interface Listed {
    step: number;
    folder: string;
    state: string;
}

/** What a dry run tells; each action has its own part of it. */
interface DryRun {
    request?: { repository: string; ref: string | null; before: string | null; after: string | null; folders: string[]; no_cache: boolean };
    cancelled?: Listed[];
    stopped?: Listed[];
    steps?: { folder: string }[];
}

interface Words {
    title: string;
    path: string;
    confirm: string;
    done: (id: number) => string;
}

function wordsOf(action: Action): Words {
    switch (action.kind) {
        case "rebuild":
            return { title: "Build again", path: "/api/v1/builds", confirm: "Build", done: (id) => `Build ${id} is queued` };
        case "retry":
            return { title: `Retry build ${action.build}`, path: `/api/v1/builds/${action.build}/retry`, confirm: "Retry", done: (id) => `Build ${id} is queued` };
        case "cancel":
            return { title: `Cancel build ${action.build}`, path: `/api/v1/builds/${action.build}/cancel`, confirm: "Cancel the build", done: (id) => `Build ${id} is being cancelled` };
        case "replay":
            return { title: `Replay delivery ${action.delivery}`, path: `/api/v1/deliveries/${action.delivery}/replay`, confirm: "Replay", done: (id) => `Build ${id} is queued` };
    }
}

const asProblem = (error: unknown): Problem => (error instanceof Problem ? error : new Problem(0, "The page failed", String(error)));

/** Asks for a dry run of what the dialog holds now. */
function useDryRun(path: string, body: unknown): { plan: DryRun | null; problem: Problem | null } {
    const [state, setState] = useState<{ plan: DryRun | null; problem: Problem | null }>({ plan: null, problem: null });
    const text = JSON.stringify(body);
    useEffect(() => {
        let isCurrent = true;
        const timer = setTimeout(async () => {
            try {
                const plan = await post<DryRun>(`${path}?dry_run=1`, body);
                isCurrent && setState({ plan, problem: null });
            } catch (error) {
                isCurrent && setState({ plan: null, problem: asProblem(error) });
            }
        }, 150);
        return () => { isCurrent = false; clearTimeout(timer); };
    }, [path, text]);
    return state;
}

const Folders = ({ of }: { of: string[] }) => <ul class="chips">{of.map((folder) => <li key={folder}><code>{folder}</code></li>)}</ul>;

function StepList({ title, steps }: { title: string; steps: Listed[] }) {
    return steps.length === 0 ? null : (
        <>
            <h3>{title}</h3>
            <ul class="plain">{steps.map((step) => <li key={step.step}><code>{step.folder}</code> <State of={step.state} /></li>)}</ul>
        </>
    );
}

function WhatItDoes({ plan, kind }: { plan: DryRun; kind: Action["kind"] }) {
    if (kind === "cancel") {
        const isNothing = !plan.stopped?.length && !plan.cancelled?.length;
        return (
            <>
                {isNothing && <p>The build ends as cancelled; no step of it has begun.</p>}
                <StepList title={`Stopped while it runs: ${counted(plan.stopped?.length ?? 0, "step")}`} steps={plan.stopped ?? []} />
                <StepList title={`Not begun at all: ${counted(plan.cancelled?.length ?? 0, "step")}`} steps={plan.cancelled ?? []} />
                <p class="muted">What is pushed stays pushed. The rest stays owed, and is built with the next push.</p>
            </>
        );
    }
    const request = plan.request;
    if (!request) {
        return null;
    }
    const isPush = request.after !== null && request.folders.length === 0;
    const where = <>of <strong>{request.repository}</strong>{request.ref && <> on <strong>{shortRef(request.ref)}</strong></>}</>;
    return (
        <>
            {isPush && <p>What changed between <code>{shortId(request.before)}</code> and <code>{shortId(request.after)}</code> {where}, with all that stands on it.</p>}
            {!isPush && request.folders.length > 0 && <><p>{counted(request.folders.length, "image")} {where}, with all that stands on them:</p><Folders of={request.folders} /></>}
            {!isPush && request.folders.length === 0 && <p>Every image {where}.</p>}
            {plan.steps && <><h3>In this order</h3><Folders of={plan.steps.map((step) => step.folder)} /></>}
            {request.no_cache && <p>No layer of an earlier build is used.</p>}
        </>
    );
}

function Field({ label, hint, children }: { label: string; hint?: string; children: ComponentChildren }) {
    return <label class="field"><span>{label}</span>{children}{hint && <small>{hint}</small>}</label>;
}

function RebuildForm({ action, change }: { action: Action & { kind: "rebuild" }; change: (body: object) => void }) {
    const [ref, setRef] = useState(shortRef(action.ref));
    const [folders, setFolders] = useState(action.folders.join("\n"));
    const [noCache, setNoCache] = useState(false);
    useEffect(() => {
        const list = folders.split(/[\n,]/).map((folder) => folder.trim()).filter((folder) => folder !== "");
        change({ repository: action.repository, ref, folders: list, no_cache: noCache });
    }, [ref, folders, noCache]);
    return (
        <div class="fields">
            <Field label="Branch or tag"><input value={ref} onInput={(event) => setRef(event.currentTarget.value)} /></Field>
            <Field label="Folders" hint="One a line; none: every image.">
                <textarea rows={Math.min(6, Math.max(2, action.folders.length))} value={folders} onInput={(event) => setFolders(event.currentTarget.value)} />
            </Field>
            <label class="check"><input type="checkbox" checked={noCache} onChange={(event) => setNoCache(event.currentTarget.checked)} /> Without the cache</label>
        </div>
    );
}

const bodyOf = (action: Action): object =>
    action.kind === "rebuild" ? { repository: action.repository, ref: shortRef(action.ref), folders: action.folders } : {};

function ActionDialog({ action }: { action: Action }) {
    const words = wordsOf(action);
    const [body, setBody] = useState(bodyOf(action));
    const { plan, problem } = useDryRun(words.path, body);
    const [failure, setFailure] = useState<Problem | null>(null);
    const [isBusy, setBusy] = useState(false);
    const close = () => { asked.value = null; };
    const confirm = async () => {
        setBusy(true);
        try {
            const answer = await post<{ id?: number; build?: number }>(words.path, body, action.kind === "cancel" ? {} : idempotencyKey());
            const id = answer.id ?? answer.build ?? 0;
            say(words.done(id));
            close();
            void poll();
            action.kind !== "cancel" && go(`/builds/${id}`);
        } catch (error) {
            setFailure(asProblem(error));
            setBusy(false);
        }
    };
    return (
        <Dialog title={words.title} onClose={close} footer={
            <>
                <Button onClick={close}>Leave it</Button>
                <Button onClick={() => void confirm()} kind={action.kind === "cancel" ? "danger" : "primary"} disabled={isBusy || plan === null} id="confirm">{words.confirm}</Button>
            </>
        }>
            {action.kind === "rebuild" && <RebuildForm action={action} change={setBody} />}
            <div class="preview" role="status" aria-live="polite">
                {plan ? <WhatItDoes plan={plan} kind={action.kind} /> : !problem && <Loading rows={2} />}
            </div>
            <Trouble problem={failure ?? problem} />
        </Dialog>
    );
}

export function Actions() {
    const action = asked.value;
    return action && <ActionDialog key={JSON.stringify(action)} action={action} />;
}

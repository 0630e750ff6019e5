// A build: what came of it and why, its plan as a picture and as a table.

import { asked } from "../actions";
import { buildOf, doneOf, isFinal, patched } from "../data/events";
import { counted, shortId, shortRef } from "../data/format";
import type { Build, Step } from "../data/types";
import { useApi } from "../data/use_api";
import { useKeys } from "../keys";
import { Attested } from "../ui/attested";
import { Ago, Button, Commit, Empty, Loading, now, Panel, Title, Took, Trouble } from "../ui/basics";
import { Icon } from "../ui/icons";
import { Reasons } from "../ui/reasons";
import { State } from "../ui/state";
import { Graph } from "./graph";
import { Progress } from "./overview";

const CAUSES = { push: "a push", manual: "a request", reconcile: "the comparison with the remote" };

function useActions(build: Build | null): { rebuild: () => void; retry: () => void; cancel: () => void } {
    const rebuild = () => {
        if (build) {
            asked.value = { kind: "rebuild", repository: build.repository, ref: build.ref ?? "", folders: build.steps.map((step) => step.folder) };
        }
    };
    const retry = () => { build && isFinal(build) && (asked.value = { kind: "retry", build: build.id }); };
    const cancel = () => { build && !isFinal(build) && (asked.value = { kind: "cancel", build: build.id }); };
    useKeys([
        { keys: "r", what: "build these images again", run: rebuild },
        { keys: "R", what: "retry what did not end well", run: retry },
        { keys: "c", what: "cancel the build", run: cancel },
    ]);
    return { rebuild, retry, cancel };
}

function Facts({ build }: { build: Build }) {
    return (
        <dl class="facts">
            <div><dt>Repository</dt><dd>{build.repository}</dd></div>
            {build.ref && <div><dt>{build.ref.startsWith("refs/tags/") ? "Tag" : "Branch"}</dt><dd>{shortRef(build.ref)}</dd></div>}
            {build.after && <div><dt>Commits</dt><dd><Commit id={build.before} />{build.before && " → "}<Commit id={build.after} /></dd></div>}
            <div><dt>Asked for by</dt><dd>{CAUSES[build.trigger]}{build.delivery !== null && <> (<a href={`/deliveries#D${build.delivery}`}>delivery {build.delivery}</a>)</>}</dd></div>
            <div><dt>Came</dt><dd><Ago time={build.created} /></dd></div>
            {build.started && <div><dt>{build.finished ? "Took" : "Runs for"}</dt><dd><Took from={build.started} to={build.finished} /></dd></div>}
        </dl>
    );
}

function Failure({ build, step }: { build: Build; step: Step }) {
    return (
        <div class="note tone-bad">
            <Icon name="failed" />
            <div><strong>{step.folder} failed</strong><p class="error-text">{step.error}</p></div>
            <a class="button" href={`/builds/${build.id}/steps/${step.step}`} data-item>See the failing line<Icon name="arrow" /></a>
        </div>
    );
}

function PlanNotes({ build }: { build: Build }) {
    const plan = build.plan;
    return (
        <>
            {(plan?.errors ?? []).map((error, at) => (
                <div class="note tone-warn" key={at}><Icon name="owed" /><div><strong>{error.path}:{error.line}:{error.column}</strong><p>{error.message}</p></div></div>
            ))}
            {(plan?.removed ?? []).length > 0 && <p class="muted">Gone from the branch: {plan!.removed!.map((one) => one.folder + (one.moved_to ? ` (moved to ${one.moved_to})` : "")).join(", ")}</p>}
            {plan?.base && plan.base.rule !== "before" && <p class="muted">Compared with {plan.base.rule === "empty" ? "nothing: every image is new" : `the merge base ${shortId(plan.base.commit)}`}.</p>}
        </>
    );
}

/** When each step was built and pushed, along the build's own time. */
function Timeline({ build, step }: { build: Build; step: Step }) {
    const begin = Date.parse(build.started ?? build.created);
    const end = build.finished ? Date.parse(build.finished) : now.value;
    const at = (time: string): number => Math.min(100, Math.max(0, ((Date.parse(time) - begin) / Math.max(1, end - begin)) * 100));
    if (step.started === null) {
        return null;
    }
    const from = at(step.started), until = step.finished ? at(step.finished) : 100, built = step.built ? at(step.built) : until;
    const share = (size: number) => `${Math.max(0.6, size)}%`;
    return (
        <svg class={`timeline is-${step.state}`} width="100%" height="10" aria-hidden="true">
            <rect class="ground" width="100%" height="10" rx="3" />
            <rect class="build-part" x={`${from}%`} width={share(built - from)} height="10" rx="3" />
            {step.built && until - built > 0.2 && <rect class="push-part" x={`${built}%`} width={share(until - built)} height="10" rx="3" />}
        </svg>
    );
}

function Steps({ build }: { build: Build }) {
    return (
        <table class="steps">
            <thead><tr><th scope="col">State</th><th scope="col">Folder</th><th scope="col">Why</th><th scope="col" class="only-wide">When</th><th scope="col" class="end">Took</th></tr></thead>
            <tbody>
                {build.steps.map((step) => (
                    <tr key={step.step}>
                        <td><State of={step.state} /></td>
                        <td><a class="strong" href={`/builds/${build.id}/steps/${step.step}`} data-item>{step.folder}</a><span class="sub">{step.image}</span><Attested of={step.attested} /></td>
                        <td class="reasons"><Reasons of={step.reasons} />{step.note && <span class="sub">{step.note}</span>}{step.error && <span class={step.state === "failed" ? "sub error-text" : "sub"}>{step.error}</span>}</td>
                        <td class="only-wide timeline-cell"><Timeline build={build} step={step} /></td>
                        <td class="end"><Took from={step.started} to={step.finished} /></td>
                    </tr>
                ))}
            </tbody>
        </table>
    );
}

export function BuildView({ id }: { id: number }) {
    const { data: build, problem, reload } = useApi<Build>(`/api/v1/builds/${id}`, (event) => event.kind === "any" || buildOf(event) === id, patched);
    const act = useActions(build);
    if (build === null) {
        return <><Title text={`Build ${id}`} />{problem ? <Trouble problem={problem} retry={reload} /> : <Loading rows={8} />}</>;
    }
    const failed = build.steps.find((step) => step.state === "failed"), final = isFinal(build);
    const canRetry = final && build.state !== "succeeded" && build.state !== "superseded";
    return (
        <>
            <div class="head">
                <Title text={`Build ${id}`} window={`Build ${id} ${build.state}`} />
                <State of={build.state} big />
                <div class="head-actions">
                    {!final && <Button kind="danger" icon="stop" onClick={act.cancel}>Cancel…</Button>}
                    {canRetry && <Button kind="primary" icon="again" onClick={act.retry}>Retry…</Button>}
                    <Button icon="again" onClick={act.rebuild}>Build again…</Button>
                </div>
            </div>
            <Facts build={build} />
            {build.steps.length > 0 && !final && <div class="build-progress"><Progress build={build} /><span class="muted">{doneOf(build)} of {counted(build.steps.length, "step")} done</span></div>}
            {failed ? <Failure build={build} step={failed} /> : build.error && <div class={`note tone-${build.state === "failed" ? "bad" : "off"}`}><Icon name={build.state === "failed" ? "failed" : "cancelled"} /><div><p>{build.error}</p></div></div>}
            <PlanNotes build={build} />
            {build.steps.length === 0
                ? <Empty>{final ? (build.plan ? "There was nothing to build: no image's content changed." : "It ended before it was planned.") : build.state === "queued" ? "It waits to be planned." : "It is being planned."}</Empty>
                : <>
                    <Panel title="Plan" wide more={<span class="muted">{counted(build.steps.length, "image")}{build.plan?.unchanged ? `, ${build.plan.unchanged.toLocaleString("en")} not touched` : ""}</span>}><Graph build={build} /></Panel>
                    <Panel title="Steps" wide><Steps build={build} /></Panel>
                </>}
        </>
    );
}

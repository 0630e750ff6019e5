// The page for the wall: how the factory is, in a sentence; then what runs, what waits, what is owed, what came of it.

import { counted, shortRef } from "../data/format";
import { doneOf, isActive, moodOf } from "../data/events";
import { status } from "../data/live";
import type { BriefBuild, Build, OwedEntry, Status } from "../data/types";
import { useApi } from "../data/use_api";
import { pathOf } from "../router";
import { Ago, Empty, Loading, Panel, Revision, Title, Took } from "../ui/basics";
import { Icon } from "../ui/icons";
import { lookOf, State } from "../ui/state";
import { BuildList } from "./build_list";

const MOST_OWED = 8;

const HEADLINES = {
    running: { icon: "running", tone: "run" },
    failed: { icon: "failed", tone: "bad" },
    owed: { icon: "owed", tone: "warn" },
    fine: { icon: "done", tone: "ok" },
    unknown: { icon: "unknown", tone: "off" },
};

function sentence(status: Status): string {
    const active = status.running.flatMap((build) => build.steps).filter(isActive);
    if (active.length > 0) {
        const names = active.slice(0, 3).map((step) => step.folder).join(", ");
        return `Building ${names}${active.length > 3 ? ` and ${active.length - 3} more` : ""}`;
    }
    if (status.running.length > 0) {
        return `Working on build ${status.running.map((build) => build.id).join(", ")}`;
    }
    if (status.waiting_total > 0) {
        return `${counted(status.waiting_total, "build")} ${status.waiting_total === 1 ? "waits" : "wait"}`;
    }
    if (moodOf(status) === "failed") {
        return `Build ${status.finished.find((build) => build.state === "failed")!.id} failed`;
    }
    return status.owed > 0 ? `${counted(status.owed, "image")} ${status.owed === 1 ? "is" : "are"} owed` : "All is pushed";
}

function Headline({ status }: { status: Status }) {
    const look = HEADLINES[moodOf(status)];
    return (
        <Title text={sentence(status)} window="">
            <span class={`headline tone-${look.tone}`}><Icon name={look.icon} size={32} /><span>{sentence(status)}</span></span>
        </Title>
    );
}

function Tile({ count, of, word, href, tone }: { count: number; of?: number; word: string; href: string; tone: string }) {
    return (
        <a class={`tile tone-${tone}`} href={href}>
            <span class="tile-count number">{count.toLocaleString("en")}{of !== undefined && <small>/{of}</small>}</span>
            <span class="tile-word">{word}</span>
        </a>
    );
}

function Tiles({ status }: { status: Status }) {
    const active = status.running.flatMap((build) => build.steps).filter(isActive).length;
    const up = status.engines.filter((engine) => engine.up).length;
    const slots = status.engines.reduce((sum, engine) => sum + (engine.up ? engine.most_steps : 0), 0);
    return (
        <div class="tiles">
            <Tile count={active} of={slots} word="steps at work" href="/engines" tone={active > 0 ? "run" : "off"} />
            <Tile count={status.waiting_total} word={status.waiting_total === 1 ? "build waits" : "builds wait"} href="/builds?state=queued" tone="off" />
            <Tile count={status.owed} word={status.owed === 1 ? "image owed" : "images owed"} href="/images?show=owed" tone={status.owed > 0 ? "warn" : "off"} />
            <Tile count={up} of={status.engines.length} word="engines up" href="/engines" tone={up < status.engines.length ? "bad" : "off"} />
        </div>
    );
}

/** One piece a step, in build order; the words beside it say the same. */
export function Progress({ build }: { build: Build }) {
    const done = doneOf(build), all = build.steps.length;
    return (
        <div class="progress" role="progressbar" aria-valuemin={0} aria-valuemax={all} aria-valuenow={done} aria-label={`${done} of ${counted(all, "step")} done`}>
            {all <= 120
                ? build.steps.map((step) => <span key={step.step} class={`tone-${lookOf(step.state).tone} is-${step.state}`} />)
                : <svg class="tone-run" width="100%" height="8"><rect width={`${(done / all) * 100}%`} height="8" /></svg>}
        </div>
    );
}

function RunningBuild({ build }: { build: Build }) {
    const active = build.steps.filter(isActive), failed = build.steps.filter((step) => step.state === "failed");
    const left = build.steps.length - doneOf(build) - active.length;
    return (
        <article class="running">
            <div class="running-head">
                <a class="strong" href={`/builds/${build.id}`} data-item>Build {build.id}</a>
                <Revision build={build} />
                <span class="muted">{build.repository}</span>
                <span class="push-right muted"><Took from={build.started} to={null} /></span>
            </div>
            {build.steps.length > 0 && <Progress build={build} />}
            <p class="running-words">
                {build.steps.length === 0 ? "is being planned" : `${doneOf(build)} of ${counted(build.steps.length, "step")} done`}
                {left > 0 && ` · ${left} to come`}
                {failed.length > 0 && <> · <State of="failed" word={`${failed.length} failed`} /></>}
            </p>
            <ul class="active">
                {[...failed, ...active].map((step) => (
                    <li key={step.step}>
                        <State of={step.state} />
                        <a href={`/builds/${build.id}/steps/${step.step}`} data-item>{step.folder}</a>
                        {step.engine && <span class="muted">on {step.engine}</span>}
                        <span class="push-right"><Took from={step.started} to={step.finished} /></span>
                    </li>
                ))}
            </ul>
        </article>
    );
}

function Waiting({ status }: { status: Status }) {
    const busy = new Set(status.running.map((build) => build.repository));
    const why = (build: BriefBuild, at: number): string =>
        busy.has(build.repository) ? `${build.repository} builds one push at a time` : at === 0 ? "is next" : `place ${at + 1}`;
    return (
        <ul class="rows">
            {status.waiting.slice(0, 12).map((build, at) => (
                <li key={build.id}>
                    <State of="queued" /><a href={`/builds/${build.id}`} data-item>Build {build.id}</a><Revision build={build} />
                    <span class="muted push-right">{why(build, at)}</span>
                </li>
            ))}
        </ul>
    );
}

function OwedList({ count }: { count: number }) {
    const { data } = useApi<{ owed: OwedEntry[] }>(count > 0 ? "/api/v1/owed" : null, (event) => event.kind !== "step");
    if (count === 0) {
        return <Empty>Nothing: every branch has what it should have.</Empty>;
    }
    const atWork = new Set([...(status.value?.running ?? []), ...(status.value?.waiting ?? [])].map((build) => build.id));
    const left = (data?.owed ?? []).filter((entry) => entry.build === null || !atWork.has(entry.build));
    const coming = (data?.owed.length ?? 0) - left.length;
    return data === null ? <Loading rows={3} /> : (
        <>
            {coming > 0 && <p class="muted">{counted(coming, "image")} {coming === 1 ? "is" : "are"} on the way, in a build that runs or waits.</p>}
            <ul class="rows">
                {left.slice(0, MOST_OWED).map((entry) => (
                    <li key={`${entry.repository} ${entry.ref} ${entry.folder}`} class="owed">
                        <State of="owed" />
                        <span class="grow">
                            <span class="owed-name"><a href={`/images/${encodeURIComponent(entry.repository)}/${pathOf(entry.folder)}`} data-item>{entry.folder}</a><span class="muted">{shortRef(entry.ref)}</span></span>
                            <span class="why" title={entry.why}>{entry.why || "not pushed yet"}</span>
                        </span>
                        <span class="muted"><Ago time={entry.since} /></span>
                    </li>
                ))}
            </ul>
            {left.length > MOST_OWED && <a class="more" href="/images?show=owed">All {count} owed images</a>}
        </>
    );
}

function ImageStates({ status }: { status: Status }) {
    const counts = new Map<string, number>();
    status.images.forEach((image) => counts.set(image.state, (counts.get(image.state) ?? 0) + 1));
    const states = [...counts].sort((a, b) => b[1] - a[1]);
    if (states.length === 0) {
        return <Empty>No image was built yet.</Empty>;
    }
    return (
        <>
            <svg class="stack" width="100%" height="10" aria-hidden="true">
                {states.map(([state, count], at) => {
                    const before = states.slice(0, at).reduce((sum, [, other]) => sum + other, 0);
                    return <rect key={state} class={`tone-${lookOf(state).tone}`} x={`${(before / status.images.length) * 100}%`} width={`${(count / status.images.length) * 100}%`} height="10" />;
                })}
            </svg>
            <ul class="legend">{states.map(([state, count]) => <li key={state}><State of={state} /> <span class="number">{count.toLocaleString("en")}</span></li>)}</ul>
        </>
    );
}

export function Overview() {
    const now = status.value;
    if (now === null) {
        return <><Title text="Overview" /><Loading rows={8} /></>;
    }
    return (
        <>
            <Headline status={now} />
            <Tiles status={now} />
            <div class="columns">
                <div>
                    <Panel title="Running now">
                        {now.running.length === 0 ? <Empty>Nothing runs. The next push begins here.</Empty>
                            : now.running.map((build) => <RunningBuild key={build.id} build={build} />)}
                    </Panel>
                    {now.waiting.length > 0 && <Panel title="Waiting" more={<span class="muted">{now.waiting_total}</span>}><Waiting status={now} /></Panel>}
                    <Panel title="Last results" more={<a class="more" href="/builds">All builds</a>}>
                        {now.finished.length === 0 ? <Empty>No build has ended yet.</Empty> : <BuildList builds={now.finished.slice(0, 12)} />}
                    </Panel>
                </div>
                <div>
                    <Panel title="Owed"><OwedList count={now.owed} /></Panel>
                    <Panel title="Images" more={<a class="more" href="/images">All images</a>}><ImageStates status={now} /></Panel>
                </div>
            </div>
        </>
    );
}

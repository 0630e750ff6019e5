// A step: what it is, and its log. Only the lines in sight are drawn, so that a hundred thousand are no burden.

import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { asked } from "../actions";
import { Problem } from "../data/api";
import { pieces, plain } from "../data/ansi";
import { buildOf, isDone, patched } from "../data/events";
import { followLog } from "../data/follow_log";
import { counted, shortId } from "../data/format";
import { failingLine, isError, isHeading, isWarning, lineOfAnchor, LogLines, search } from "../data/log";
import type { Build, Step } from "../data/types";
import { useApi } from "../data/use_api";
import { useKeys } from "../keys";
import { place } from "../router";
import { Attested } from "../ui/attested";
import { Ago, Button, Loading, Title, Took, Trouble } from "../ui/basics";
import { Icon } from "../ui/icons";
import { Reasons } from "../ui/reasons";
import { State } from "../ui/state";
import { useRange } from "../ui/virtual";

const LINE = 20;

/** The log's lines, and a number that changes with them. */
function useLog(build: number, step: Step | null): { lines: readonly string[]; isWhole: boolean; problem: Problem | null } {
    const log = useRef(new LogLines());
    const [state, setState] = useState<{ count: number; problem: Problem | null }>({ count: -1, problem: null });
    const following = useRef<ReturnType<typeof followLog> | null>(null);
    const position = step?.step ?? null, isOver = step !== null && isDone(step);
    useEffect(() => {
        if (position === null) {
            return;
        }
        following.current = followLog(
            `/api/v1/builds/${build}/steps/${position}/log`, log.current,
            () => setState({ count: log.current.lines.length, problem: null }),
            (error) => setState((old) => ({ ...old, problem: error instanceof Problem ? error : new Problem(0, "The log can't be read", String(error)) })),
        );
        return () => following.current?.stop();
    }, [build, position]);
    useEffect(() => { isOver && following.current?.finish(); }, [isOver, position]);
    return { lines: log.current.lines, isWhole: state.count >= 0, problem: state.problem };
}

function classOf(line: string): string {
    return isError(line) ? " is-error" : isWarning(line) ? " is-warning" : isHeading(line) ? " is-heading" : "";
}

/** A piece of text with what is searched for marked. */
function Marked({ text, wanted }: { text: string; wanted: string }) {
    if (wanted === "") {
        return <>{text}</>;
    }
    const parts = [], lower = text.toLowerCase();
    let from = 0;
    for (let at = lower.indexOf(wanted); at >= 0; at = lower.indexOf(wanted, from)) {
        parts.push(text.slice(from, at), <mark key={at}>{text.slice(at, at + wanted.length)}</mark>);
        from = at + wanted.length;
    }
    return <>{parts}{text.slice(from)}</>;
}

function Line({ at, text, wanted, mark }: { at: number; text: string; wanted: string; mark: string }) {
    return (
        <div class={`line${classOf(plain(text))}${mark}`}>
            <a class="line-number" href={`#L${at + 1}`} tabIndex={-1} aria-label={`line ${at + 1}`}>{at + 1}</a>
            <span>{pieces(text).map((piece, number) => <span key={number} class={piece.classes}><Marked text={piece.text} wanted={wanted} /></span>)}</span>
        </div>
    );
}

interface Lens {
    lines: readonly string[];
    /** How many there are: the list itself stays the same while it grows. */
    count: number;
    target: number;
    wanted: string;
    match: number;
    follow: boolean;
    onFollow: (follow: boolean) => void;
}

function Lines({ lines, count, target, wanted, match, follow, onFollow }: Lens) {
    const box = useRef<HTMLDivElement>(null);
    const range = useRange(box, count, LINE, false);
    const last = useRef(0);
    const show = (line: number) => {
        if (box.current && line >= 0) {
            box.current.scrollTop = Math.max(0, line * LINE - box.current.clientHeight / 3);
        }
    };
    // A line that is yet to come is shown as soon as it is there.
    const isThere = target < count;
    useLayoutEffect(() => show(target), [target, isThere]);
    useLayoutEffect(() => show(match), [match, wanted]);
    useLayoutEffect(() => {
        if (follow && box.current) {
            box.current.scrollTop = box.current.scrollHeight;
        }
    }, [follow, count]);
    const onScroll = () => {
        const { scrollTop, scrollHeight, clientHeight } = box.current!;
        const isUp = scrollTop < last.current - 2 && scrollHeight - scrollTop - clientHeight > 2 * LINE;
        last.current = scrollTop;
        follow && isUp && onFollow(false);
    };
    const shown = [];
    for (let at = range.first; at < Math.min(range.end, count); ++at) {
        shown.push(<Line key={at} at={at} text={lines[at]!} wanted={wanted} mark={`${at === target ? " is-target" : ""}${at === match ? " is-match" : ""}`} />);
    }
    return (
        <div class="log" ref={box} onScroll={onScroll} tabIndex={0} role="log" aria-live="off" aria-label="Log">
            <div class="log-all" style={{ height: `${count * LINE}px` }}>
                <div class="log-shown" style={{ transform: `translateY(${range.first * LINE}px)` }}>{shown}</div>
            </div>
        </div>
    );
}

function Facts({ build, step }: { build: Build; step: Step }) {
    return (
        <dl class="facts">
            <div><dt>Build</dt><dd><a href={`/builds/${build.id}`}>Build {build.id}</a></dd></div>
            <div class="facts-wide"><dt>Why</dt><dd class="reasons"><Reasons of={step.reasons} /></dd></div>
            {step.engine && <div><dt>Engine</dt><dd>{step.engine}</dd></div>}
            {step.started && <div><dt>Began</dt><dd><Ago time={step.started} /></dd></div>}
            {step.started && <div><dt>{step.finished ? "Took" : "Runs for"}</dt><dd><Took from={step.started} to={step.finished} /></dd></div>}
            {step.attempts > 1 && <div><dt>Attempts</dt><dd>{step.attempts}</dd></div>}
            {Object.entries(step.digests).map(([reference, digest]) => (
                <div key={reference} class="facts-wide"><dt>{reference}</dt><dd><code title={digest}>{shortId(digest)}</code></dd></div>
            ))}
            {step.attested.length > 0 && <div><dt>Attested</dt><dd><Attested of={step.attested} /></dd></div>}
        </dl>
    );
}

function useFind(lines: readonly string[]): { wanted: string; found: number[]; at: number; ask: (text: string) => void; move: (by: number) => void } {
    const [wanted, setWanted] = useState("");
    const [at, setAt] = useState(0);
    const found = useMemo(() => search(lines, wanted), [lines.length, wanted]);
    const ask = (text: string) => {
        setWanted(text);
        setAt(0);
    };
    const move = (by: number) => { found.length > 0 && setAt((old) => (old + by + found.length) % found.length); };
    return { wanted: wanted.toLowerCase(), found, at, ask, move };
}

function Log({ build, step }: { build: Build; step: Step }) {
    const { lines, isWhole, problem } = useLog(build.id, step);
    const anchor = lineOfAnchor(place.value.hash), over = isDone(step);
    const [follow, setFollow] = useState(!over && anchor < 0);
    const failing = useMemo(() => (step.state === "failed" ? failingLine(lines) : -1), [lines.length, step.state]);
    const find = useFind(lines);
    const [jumped, setJumped] = useState(0);
    useEffect(() => { failing >= 0 && setFollow(false); }, [failing]);
    useEffect(() => { anchor >= 0 && setFollow(false); }, [anchor]);
    const target = anchor >= 0 && jumped === 0 ? anchor : failing;
    const toFailure = () => { setJumped(jumped + 1); setFollow(false); };
    useKeys([
        { keys: "f", what: "follow the log", run: () => setFollow(!follow) },
        { keys: "n", what: "next match", run: () => find.move(1) },
        { keys: "N", what: "previous match", run: () => find.move(-1) },
        { keys: "e", what: "go to the failing line", run: toFailure },
    ]);
    const path = `/api/v1/builds/${build.id}/steps/${step.step}/log`;
    return (
        <section class="panel wide log-panel" aria-label="Log">
            {failing >= 0 && (
                <button type="button" class="failing tone-bad" onClick={toFailure}>
                    <Icon name="failed" /><span class="number">line {failing + 1}</span><code>{plain(lines[failing]!).slice(0, 200)}</code>
                </button>
            )}
            <div class="log-tools">
                <div class="find">
                    <Icon name="search" />
                    <input type="search" data-search placeholder="Search the log" aria-label="Search the log" onInput={(event) => find.ask(event.currentTarget.value)}
                        onKeyDown={(event) => { event.key === "Enter" && find.move(event.shiftKey ? -1 : 1); event.key === "Escape" && event.currentTarget.blur(); }} />
                    {find.wanted && <span class="number muted" role="status">{find.found.length === 0 ? "none" : `${find.at + 1} of ${find.found.length.toLocaleString("en")}`}</span>}
                    <Button kind="quiet" icon="up" label="Previous match" onClick={() => find.move(-1)} disabled={find.found.length === 0}>{null}</Button>
                    <Button kind="quiet" icon="down" label="Next match" onClick={() => find.move(1)} disabled={find.found.length === 0}>{null}</Button>
                </div>
                <span class="muted number lines-count">{counted(lines.length, "line")}</span>
                <Button kind="quiet" icon="follow" pressed={follow} onClick={() => setFollow(!follow)}>Follow</Button>
                <a class="button quiet" href={path} download={`build-${build.id}-${step.folder.replace(/\W+/g, "-")}.log`}><Icon name="download" />Download</a>
            </div>
            <Trouble problem={problem} />
            {!isWhole && !over && <p class="empty">{step.state === "waiting" || step.state === "ready" ? "It has not begun." : "Nothing was said yet."}</p>}
            {(isWhole || over) && <Lines key={jumped} lines={lines} count={lines.length} target={target} wanted={find.wanted} match={find.found[find.at] ?? -1} follow={follow} onFollow={setFollow} />}
        </section>
    );
}

export function LogView({ build: id, step: position }: { build: number; step: number }) {
    const { data: build, problem, reload } = useApi<Build>(`/api/v1/builds/${id}`, (event) => event.kind === "any" || buildOf(event) === id, patched);
    const step = build?.steps.find((one) => one.step === position) ?? null;
    const rebuild = () => {
        if (build && step) {
            asked.value = { kind: "rebuild", repository: build.repository, ref: build.ref ?? "", folders: [step.folder] };
        }
    };
    const cancel = () => { build && (asked.value = { kind: "cancel", build: build.id }); };
    useKeys([{ keys: "r", what: "build this image again", run: rebuild }, { keys: "c", what: "cancel the build", run: cancel }]);
    if (build === null || step === null) {
        return <><Title text={`Step ${position} of build ${id}`} />{problem ? <Trouble problem={problem} retry={reload} /> : build ? <p>There is no such step in this build.</p> : <Loading rows={8} />}</>;
    }
    return (
        <>
            <div class="head">
                <Title text={step.folder} window={`${step.folder} ${step.state}`} />
                <State of={step.state} big />
                <div class="head-actions">
                    {!build.finished && <Button kind="danger" icon="stop" onClick={cancel}>Cancel…</Button>}
                    <Button icon="again" onClick={rebuild}>Build again…</Button>
                </div>
            </div>
            <Facts build={build} step={step} />
            {step.error && <div class="note tone-bad"><Icon name="failed" /><div><p class="error-text">{step.error}</p></div></div>}
            {step.note && <div class="note tone-off"><Icon name="explain" /><div><p>{step.note}</p></div></div>}
            <Log build={build} step={step} />
        </>
    );
}

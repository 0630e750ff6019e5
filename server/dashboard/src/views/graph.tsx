// A build's plan as a picture: folders from left to right, each behind all that it stands on. The table below it says the same
// in words.

import { useMemo } from "preact/hooks";
import { between, duration } from "../data/format";
import { isFinal } from "../data/events";
import { criticalPath, layout } from "../data/layout";
import type { Build, Step } from "../data/types";
import { now } from "../ui/basics";
import { Icon } from "../ui/icons";
import { reasonText } from "../ui/reasons";
import { lookOf } from "../ui/state";

const WIDTH = 176, HEIGHT = 46, GAP_X = 56, GAP_Y = 14, EDGE = 3;

interface Point {
    x: number;
    y: number;
}

const short = (text: string, most: number): string => (text.length <= most ? text : "…" + text.slice(text.length - most + 1));

function curve(from: Point, to: Point): string {
    const x1 = from.x + WIDTH, y1 = from.y + HEIGHT / 2, x2 = to.x, y2 = to.y + HEIGHT / 2, bend = (x2 - x1) / 2;
    return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
}

function Node({ step, at, build, isCritical }: { step: Step; at: Point; build: number; isCritical: boolean }) {
    const look = lookOf(step.state), took = between(step.started, step.finished, step.finished ? 0 : now.value);
    const words = look.word + (took === null ? "" : ` · ${duration(took)}`), why = reasonText(step.reasons);
    return (
        <a href={`/builds/${build}/steps/${step.step}`} class={`node tone-${look.tone} is-${step.state}${isCritical ? " critical" : ""}`}>
            <title>{`${step.folder}\n${words}\n${why}`}</title>
            <rect class="node-box" x={at.x} y={at.y} width={WIDTH} height={HEIGHT} rx="8" />
            <svg x={at.x + 11} y={at.y + 15} width="16" height="16"><Icon name={look.icon} /></svg>
            <text class="node-name" x={at.x + 36} y={at.y + 20}>{short(step.folder, 19)}</text>
            <text class="node-words" x={at.x + 36} y={at.y + 36}>{words}</text>
        </a>
    );
}

export function Graph({ build }: { build: Build }) {
    const shape = build.steps.map((step) => `${step.step}:${step.needs}`).join(";");
    const nodes = build.steps.map((step) => ({ id: step.step, needs: step.needs }));
    const plan = useMemo(() => layout(nodes), [shape]);
    const steps = new Map(build.steps.map((step) => [step.step, step]));
    const took = (id: number): number => between(steps.get(id)!.started, steps.get(id)!.finished, Date.parse(steps.get(id)!.started ?? "")) ?? 0;
    const critical = isFinal(build) && plan.columns > 1 ? criticalPath(nodes, took) : new Set<number>();
    const place = (id: number): Point => {
        const { column, row } = plan.nodes.get(id)!;
        return { x: EDGE + column * (WIDTH + GAP_X), y: EDGE + row * (HEIGHT + GAP_Y) };
    };
    const width = plan.columns * (WIDTH + GAP_X) - GAP_X + 2 * EDGE, height = plan.rows * (HEIGHT + GAP_Y) - GAP_Y + 2 * EDGE;
    const edges = build.steps.flatMap((step) => step.needs.filter((need) => steps.has(need)).map((need) => ({ need, step })));
    return (
        <div class="graph" tabIndex={0} role="group" aria-label="Plan: which image stands on which">
            <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`}>
                <g aria-hidden="true">
                    {edges.map(({ need, step }) => (
                        <path key={`${need}-${step.step}`} d={curve(place(need), place(step.step))}
                            class={`edge is-${steps.get(need)!.state}${critical.has(need) && critical.has(step.step) ? " critical" : ""}`} />
                    ))}
                </g>
                {build.steps.map((step) => <Node key={step.step} step={step} at={place(step.step)} build={build.id} isCritical={critical.has(step.step)} />)}
            </svg>
        </div>
    );
}

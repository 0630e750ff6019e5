import { bytes, counted } from "../data/format";
import { status } from "../data/live";
import { isActive } from "../data/events";
import type { Engine } from "../data/types";
import { Empty, Loading, Title, Took } from "../ui/basics";
import { Icon } from "../ui/icons";
import { State } from "../ui/state";

const stateOf = (engine: Engine): string => (!engine.up ? "down" : engine.draining ? "draining" : "up");

/** Each place for a step, and which are taken. */
function Slots({ engine }: { engine: Engine }) {
    const words = `${engine.steps} of ${counted(engine.most_steps, "place")} taken`;
    return (
        <div class="slots" role="img" aria-label={words}>
            {Array.from({ length: Math.min(engine.most_steps, 64) }, (_, at) => <span key={at} class={at < engine.steps ? "taken" : ""} />)}
        </div>
    );
}

function Disk({ engine }: { engine: Engine }) {
    const used = engine.disk_bytes, most = engine.most_disk_bytes;
    if (used === null) {
        return null;
    }
    const share = most ? Math.min(100, (used / most) * 100) : null;
    return (
        <div>
            <dt>Images and cache</dt>
            <dd>
                {bytes(used)}{most ? ` of ${bytes(most)}` : ""}
                {share !== null && <svg class={`disk${share > 85 ? " tone-warn" : " tone-run"}`} width="100%" height="8" role="img" aria-label={`${Math.round(share)} % used`}><rect class="ground" width="100%" height="8" rx="4" /><rect width={`${share}%`} height="8" rx="4" /></svg>}
            </dd>
        </div>
    );
}

function Work({ name }: { name: string }) {
    const work = (status.value?.running ?? []).flatMap((build) => build.steps.filter((step) => isActive(step) && step.engine === name).map((step) => ({ build, step })));
    return work.length === 0 ? null : (
        <ul class="active">
            {work.map(({ build, step }) => (
                <li key={`${build.id} ${step.step}`}>
                    <State of={step.state} /><a href={`/builds/${build.id}/steps/${step.step}`} data-item>{step.folder}</a>
                    <span class="push-right"><Took from={step.started} to={step.finished} /></span>
                </li>
            ))}
        </ul>
    );
}

function Card({ engine }: { engine: Engine }) {
    return (
        <article class="panel engine">
            <div class="head small"><h2>{engine.name}</h2><State of={stateOf(engine)} /></div>
            {engine.reason && <div class="note tone-bad"><Icon name="failed" /><div><p>{engine.reason}</p></div></div>}
            <Slots engine={engine} />
            <p class="muted">{engine.steps} of {counted(engine.most_steps, "place")} taken</p>
            <Work name={engine.name} />
            <dl class="facts">
                <Disk engine={engine} />
                {engine.version && <div><dt>Docker Engine</dt><dd>{engine.version}</dd></div>}
                {engine.api_version && <div><dt>API</dt><dd>{engine.api_version}</dd></div>}
            </dl>
        </article>
    );
}

export function Engines() {
    const engines = status.value?.engines;
    return (
        <>
            <div class="head"><Title text="Engines" /></div>
            {!engines ? <Loading rows={4} /> : engines.length === 0 ? <Empty>No engine is configured.</Empty>
                : <div class="cards">{engines.map((engine) => <Card key={engine.name} engine={engine} />)}</div>}
        </>
    );
}

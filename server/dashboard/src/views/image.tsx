// One folder: what each branch has pushed of it, why it is owed, and how long it took.

import { asked } from "../actions";
import { duration, shortId, shortRef } from "../data/format";
import { stateOf } from "../data/image_rows";
import type { Image, ImageHistory } from "../data/types";
import { useApi } from "../data/use_api";
import { useKeys } from "../keys";
import { Ago, Button, Commit, Empty, Loading, Panel, say, Title, Trouble } from "../ui/basics";
import { Icon } from "../ui/icons";
import { State } from "../ui/state";

async function copy(text: string): Promise<void> {
    try {
        await navigator.clipboard.writeText(text);
        say("Copied");
    } catch {
        say("The browser does not let the page copy");
    }
}

function Branch({ image }: { image: Image }) {
    const rebuild = () => { asked.value = { kind: "rebuild", repository: image.repository, ref: image.ref, folders: [image.folder] }; };
    const why = `/explain?${new URLSearchParams({ repository: image.repository, folder: image.folder, ref: shortRef(image.ref) })}`;
    return (
        <article class="branch">
            <div class="head small">
                <h3>{shortRef(image.ref)}</h3>
                <State of={stateOf(image)} word={stateOf(image) === "waiting" ? "never pushed" : undefined} />
                <div class="head-actions"><a class="button" href={why} data-item><Icon name="explain" />Why?</a><Button icon="again" onClick={rebuild}>Build…</Button></div>
            </div>
            {image.owed && (
                <div class="note tone-warn">
                    <Icon name="owed" />
                    <div><strong>Owed <Ago time={image.owed.since} /></strong><p>{image.owed.why || "It is to be pushed."} {image.owed.build !== null && <a href={`/builds/${image.owed.build}`}>Build {image.owed.build}</a>}</p></div>
                </div>
            )}
            {image.removed && <p class="muted">Gone from the branch <Ago time={image.removed} />{image.moved_to && `; its image is built in ${image.moved_to} now`}.</p>}
            <dl class="facts">
                <div><dt>Pushed</dt><dd><Ago time={image.pushed} /></dd></div>
                {image.commit && <div><dt>Commit</dt><dd><Commit id={image.commit} /></dd></div>}
                {image.build !== null && <div><dt>By</dt><dd><a href={`/builds/${image.build}`}>Build {image.build}</a></dd></div>}
            </dl>
            <ul class="references">
                {Object.entries(image.digests).map(([reference, digest]) => (
                    <li key={reference}>
                        <code class="grow">{reference}</code><code class="muted" title={digest}>{shortId(digest)}</code>
                        <Button kind="quiet" icon="copy" label={`Copy ${reference} with its digest`} onClick={() => void copy(`${reference}@${digest}`)}>{null}</Button>
                    </li>
                ))}
            </ul>
        </article>
    );
}

/** The newest on the right, as time goes. */
function History({ durations }: { durations: number[] }) {
    const most = Math.max(...durations);
    const middle = [...durations].sort((a, b) => a - b)[Math.floor(durations.length / 2)]!;
    return (
        <figure class="history">
            <ol>
                {durations.map((ms, at) => (
                    <li key={at} title={duration(ms)}>
                        <svg width="100%" height="96" preserveAspectRatio="none" aria-hidden="true"><rect y={96 - Math.max(3, (ms / most) * 96)} width="100%" height={Math.max(3, (ms / most) * 96)} rx="3" /></svg>
                        <span class="number">{duration(ms)}</span>
                    </li>
                ))}
            </ol>
            <figcaption class="muted">The last {durations.length} builds, the newest on the right. Half of them took less than {duration(middle)}.</figcaption>
        </figure>
    );
}

export function ImageView({ repository, folder }: { repository: string; folder: string }) {
    const path = `/api/v1/images/${encodeURIComponent(repository)}/${folder.split("/").map(encodeURIComponent).join("/")}`;
    const { data, problem, reload } = useApi<ImageHistory>(path, (event) => event.kind !== "step");
    const first = data?.images[0];
    useKeys([{ keys: "r", what: "build this image", run: () => { asked.value = { kind: "rebuild", repository, ref: first?.ref ?? "", folders: [folder] }; } }]);
    return (
        <>
            <div class="head"><Title text={folder} /><span class="muted">{repository}</span></div>
            {data === null && (problem ? <Trouble problem={problem} retry={reload} /> : <Loading rows={6} />)}
            {data && (
                <>
                    <Panel title="Branches" wide>{data.images.map((image) => <Branch key={image.ref} image={image} />)}</Panel>
                    <Panel title="Durations" wide>
                        {data.history.length === 0 ? <Empty>No build of it is known any more.</Empty> : <History durations={data.history.map((entry) => entry.duration_ms).reverse()} />}
                    </Panel>
                </>
            )}
        </>
    );
}

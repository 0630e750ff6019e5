// Every folder of every branch: what was pushed last, what is owed and why, and how long its builds take.

import { useMemo, useRef } from "preact/hooks";
import { useImages } from "../data/all_images";
import { shortId, shortRef, tagOf } from "../data/format";
import { useDurations } from "../data/histories";
import { countsOf, rowsOf, type Show, SHOWS, stateOf } from "../data/image_rows";
import type { Image } from "../data/types";
import { pathOf, place, setQuery } from "../router";
import { Ago, Empty, Loading, Title, Trouble } from "../ui/basics";
import { Icon } from "../ui/icons";
import { Spark } from "../ui/spark";
import { State } from "../ui/state";
import { useMedia } from "../ui/use_media";
import { useRange } from "../ui/virtual";

const ROW = 48, ROW_NARROW = 84;

function Row({ image, at }: { image: Image; at: number }) {
    const digest = Object.values(image.digests)[0] ?? null;
    const durations = useDurations(image.repository, image.folder);
    return (
        <div class="image-row" role="row" aria-rowindex={at + 2}>
            <span role="cell" class="image-state"><State of={stateOf(image)} word={stateOf(image) === "waiting" ? "never pushed" : undefined} /></span>
            <span role="cell" class="image-name">
                <a class="strong" href={`/images/${encodeURIComponent(image.repository)}/${pathOf(image.folder)}`} data-item>{image.folder}</a>
                <span class="sub">{image.owed ? image.owed.why || "to be pushed" : image.image ?? ""}</span>
            </span>
            <span role="cell" class="image-ref"><span class="ref">{shortRef(image.ref)}</span></span>
            <span role="cell" class="image-version number">{tagOf(image.references[0] ?? image.image ?? "")}</span>
            <span role="cell" class="image-pushed muted"><Ago time={image.pushed} /></span>
            <span role="cell" class="image-digest">{digest && <code title={digest}>{shortId(digest)}</code>}</span>
            <span role="cell" class="image-spark"><Spark durations={durations} /></span>
        </div>
    );
}

const COLUMNS = ["State", "Folder", "Branch", "Version", "Pushed", "Digest", "Durations"];

function Matrix({ rows }: { rows: Image[] }) {
    const list = useRef<HTMLDivElement>(null);
    const height = useMedia("(max-width: 899px)") ? ROW_NARROW : ROW;
    const range = useRange(list, rows.length, height, true);
    return (
        <div class="matrix" role="table" aria-label="Images" aria-rowcount={rows.length + 1}>
            <div role="rowgroup" class="matrix-head">
                <div role="row" aria-rowindex={1} class="image-row">{COLUMNS.map((name) => <span role="columnheader" key={name} class={`image-${name.toLowerCase()}`}>{name}</span>)}</div>
            </div>
            <div role="rowgroup" ref={list} style={{ paddingTop: `${range.first * height}px`, paddingBottom: `${(rows.length - range.end) * height}px` }}>
                {rows.slice(range.first, range.end).map((image, at) => <Row key={`${image.repository} ${image.ref} ${image.folder}`} image={image} at={range.first + at} />)}
            </div>
        </div>
    );
}

export function Images() {
    const query = place.value.query, text = query.get("q") ?? "", ref = query.get("ref") ?? "";
    const show = (SHOWS.includes(query.get("show") as Show) ? query.get("show") : "") as Show;
    const { images, problem } = useImages(ref);
    const rows = useMemo(() => (images ? rowsOf(images, text, show) : []), [images, text, show]);
    const counts = useMemo(() => countsOf(images ?? []), [images]);
    return (
        <>
            <div class="head"><Title text="Images" /></div>
            <div class="filters">
                <div class="find grow">
                    <Icon name="search" />
                    <input type="search" data-search value={text} placeholder="Folder, name or branch" aria-label="Filter the images"
                        onInput={(event) => setQuery({ q: event.currentTarget.value })} onKeyDown={(event) => { event.key === "Escape" && event.currentTarget.blur(); }} />
                </div>
                <div class="segments" role="group" aria-label="State">
                    {SHOWS.map((one) => (
                        <button type="button" key={one} aria-pressed={one === show} onClick={() => setQuery({ show: one })}>{one || "all"} <span class="number">{counts[one].toLocaleString("en")}</span></button>
                    ))}
                </div>
            </div>
            <Trouble problem={problem} />
            {images === null && !problem && <Loading rows={12} />}
            {images !== null && (rows.length === 0
                ? <Empty>{images.length === 0 ? "Nothing was pushed yet. The first push fills this page." : "No image is like that."}</Empty>
                : <section class="panel wide flush"><Matrix rows={rows} /></section>)}
        </>
    );
}

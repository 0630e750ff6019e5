import { useEffect, useState } from "preact/hooks";
import { asked } from "../actions";
import { get, Problem } from "../data/api";
import { status } from "../data/live";
import type { BriefBuild } from "../data/types";
import { useApi } from "../data/use_api";
import { useKeys } from "../keys";
import { place, setQuery } from "../router";
import { Button, Empty, Loading, say, Title, Trouble } from "../ui/basics";
import { BuildList } from "./build_list";

const STATES = ["", "running", "queued", "failed", "succeeded", "cancelled", "superseded"];

interface Page {
    builds: BriefBuild[];
    next: string | null;
}

function address(state: string, repository: string): string {
    const query = new URLSearchParams({ limit: "50" });
    state && query.set("state", state);
    repository && query.set("repository", repository);
    return `/api/v1/builds?${query}`;
}

/** Newest first; what is older comes on demand. */
export function Builds() {
    const state = place.value.query.get("state") ?? "", repository = place.value.query.get("repository") ?? "";
    const path = address(state, repository);
    const { data, problem, reload } = useApi<Page>(path, (event) => event.kind !== "step");
    const [older, setOlder] = useState<{ path: string; pages: Page[] }>({ path, pages: [] });
    useEffect(() => setOlder({ path, pages: [] }), [path]);
    const repositories = status.value?.repositories ?? [];
    const pages = [...(data ? [data] : []), ...(older.path === path ? older.pages : [])];
    const next = pages[pages.length - 1]?.next ?? null;
    const seen = new Map(pages.flatMap((page) => page.builds).map((build) => [build.id, build]));
    const more = async () => {
        try {
            const page = await get<Page>(next!);
            setOlder((old) => ({ path, pages: old.path === path ? [...old.pages, page] : [page] }));
        } catch (error) {
            say(error instanceof Problem ? error.title : "The older builds can't be had");
        }
    };
    const rebuild = () => {
        asked.value = { kind: "rebuild", repository: repository || (repositories[0]?.name ?? ""), ref: "main", folders: [] };
    };
    useKeys([{ keys: "r", what: "build something", run: rebuild }]);
    return (
        <>
            <div class="head"><Title text="Builds" /><div class="head-actions"><Button icon="again" onClick={rebuild}>Build…</Button></div></div>
            <div class="filters">
                <div class="segments" role="group" aria-label="State">
                    {STATES.map((one) => <button type="button" key={one} aria-pressed={one === state} onClick={() => setQuery({ state: one })}>{one || "all"}</button>)}
                </div>
                {repositories.length > 1 && (
                    <select aria-label="Repository" value={repository} onChange={(event) => setQuery({ repository: event.currentTarget.value })}>
                        <option value="">every repository</option>
                        {repositories.map((one) => <option key={one.name} value={one.name}>{one.name}</option>)}
                    </select>
                )}
            </div>
            <Trouble problem={problem} retry={reload} />
            {data === null && !problem && <Loading rows={10} />}
            {data !== null && (seen.size === 0 ? <Empty>No build is like that.</Empty>
                : <section class="panel wide"><BuildList builds={[...seen.values()].sort((a, b) => b.id - a.id)} /></section>)}
            {next && <div class="row-middle"><Button onClick={() => void more()}>Older builds</Button></div>}
        </>
    );
}

// Why an image was built, or was not: at a branch's newest build, in one build, or for a commit.

import { useEffect, useState } from "preact/hooks";
import { get, Problem } from "../data/api";
import { shortRef } from "../data/format";
import { status } from "../data/live";
import type { BriefBuild, Explanation } from "../data/types";
import { place, setQuery } from "../router";
import { Ago, Commit, Empty, Loading, Panel, Title, Trouble } from "../ui/basics";
import { Icon } from "../ui/icons";
import { Reasons } from "../ui/reasons";
import { State } from "../ui/state";

const MOST_PAGES = 5;

/** The newest build of a commit, among the last thousand. */
async function buildOf(commit: string, repository: string): Promise<number> {
    let path: string | null = `/api/v1/builds?limit=200${repository ? `&repository=${encodeURIComponent(repository)}` : ""}`;
    for (let page = 0; page < MOST_PAGES && path; ++page) {
        const answer: { builds: BriefBuild[]; next: string | null } = await get(path);
        const found = answer.builds.find((build) => build.after?.startsWith(commit));
        if (found) {
            return found.id;
        }
        path = answer.next;
    }
    throw new Problem(404, "No build of this commit is known", "Name its branch instead, or a build as #7.");
}

async function ask(folder: string, where: string, repository: string): Promise<Explanation> {
    const query = new URLSearchParams({ folder });
    repository && query.set("repository", repository);
    const build = /^#?(\d{1,6})$/.exec(where)?.[1];
    if (build) {
        query.set("build", build);
    } else if (/^[0-9a-f]{7,40}$/.test(where)) {
        query.set("build", String(await buildOf(where, repository)));
    } else {
        query.set("ref", where);
    }
    return await get<Explanation>(`/api/v1/explain?${query}`);
}

const VERDICTS = { built: "built", not_built: "not_built", waiting: "waiting" };

function Answer({ of }: { of: Explanation }) {
    return (
        <Panel title="Answer" wide>
            <p class="verdict"><State of={VERDICTS[of.verdict]} big /><span><strong>{of.folder}</strong> {of.why}.</span></p>
            {of.errors.map((error, at) => <div class="note tone-warn" key={at}><Icon name="owed" /><div><strong>{error.path}:{error.line}:{error.column}</strong><p>{error.message}</p></div></div>)}
            <dl class="facts">
                {of.build && <div><dt>Looked at</dt><dd><a href={`/builds/${of.build.id}`}>Build {of.build.id}</a> <State of={of.build.state} /></dd></div>}
                {of.ref && <div><dt>Branch</dt><dd>{shortRef(of.ref)}</dd></div>}
                {of.build?.after && <div><dt>Commit</dt><dd><Commit id={of.build.after} /></dd></div>}
                {of.step && <div class="facts-wide"><dt>In the plan because</dt><dd class="reasons"><Reasons of={of.step.reasons} /></dd></div>}
                {of.step && of.build && <div><dt>Log</dt><dd><a href={`/builds/${of.build.id}/steps/${of.step.step}`}>of this step</a></dd></div>}
                {of.queue_position !== null && <div><dt>Place in the queue</dt><dd>{of.queue_position}</dd></div>}
                {of.waits_for.length > 0 && <div class="facts-wide"><dt>Waits for</dt><dd>{of.waits_for.map((step) => <span class="reason" key={step.step}>{step.folder} <State of={step.state} /></span>)}</dd></div>}
                {of.ledger && <div><dt>Pushed last</dt><dd><Ago time={of.ledger.pushed} /> <Commit id={of.ledger.commit} /></dd></div>}
                {of.ledger?.owed && <div class="facts-wide"><dt>Owed</dt><dd>{of.ledger.owed.why || "to be pushed"} (<Ago time={of.ledger.owed.since} />)</dd></div>}
            </dl>
        </Panel>
    );
}

export function Explain() {
    const query = place.value.query, folder = query.get("folder") ?? "", where = query.get("ref") ?? query.get("build") ?? "", repository = query.get("repository") ?? "";
    const [answer, setAnswer] = useState<Explanation | null>(null);
    const [problem, setProblem] = useState<Problem | null>(null);
    const [isBusy, setBusy] = useState(false);
    const repositories = status.value?.repositories ?? [], folders = [...new Set((status.value?.images ?? []).map((image) => image.folder))];
    useEffect(() => {
        setAnswer(null);
        setProblem(null);
        if (folder === "" || where === "") {
            return;
        }
        let isCurrent = true;
        setBusy(true);
        ask(folder, where, repository)
            .then((found) => isCurrent && setAnswer(found), (error) => isCurrent && setProblem(error as Problem))
            .finally(() => isCurrent && setBusy(false));
        return () => { isCurrent = false; };
    }, [folder, where, repository]);
    const submit = (event: Event) => {
        event.preventDefault();
        const form = new FormData(event.currentTarget as HTMLFormElement), text = (name: string) => String(form.get(name) ?? "").trim();
        setQuery({ folder: text("folder"), ref: text("where"), build: "", repository: text("repository") });
    };
    return (
        <>
            <div class="head"><Title text="Explain" /></div>
            <form class="panel wide explain" onSubmit={submit}>
                {repositories.length > 1 && <label class="field"><span>Repository</span><select name="repository" defaultValue={repository}>{repositories.map((one) => <option key={one.name}>{one.name}</option>)}</select></label>}
                <label class="field"><span>Image folder</span><input name="folder" required list="folders" defaultValue={folder} data-search /></label>
                <label class="field"><span>Branch, commit or build</span><input name="where" required defaultValue={where || "main"} placeholder="main, 3f2a1bc or #7" /></label>
                <button type="submit" class="button primary">Why?</button>
                <datalist id="folders">{folders.slice(0, 500).map((one) => <option key={one} value={one} />)}</datalist>
            </form>
            {isBusy && <Loading rows={3} />}
            <Trouble problem={problem} />
            {answer && <Answer of={answer} />}
            {!answer && !problem && !isBusy && <Empty>Name a folder and a place: slipway says why it was built there, or why not.</Empty>}
        </>
    );
}

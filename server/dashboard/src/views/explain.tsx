// Why an image was built, or was not: at a branch's newest build, in one build, or for a commit.

import { useEffect, useState } from "preact/hooks";
import { get, type Problem } from "../data/api";
import { duration, shortRef } from "../data/format";
import { status } from "../data/live";
import type { Explanation } from "../data/types";
import { place, setQuery } from "../router";
import { Ago, Commit, Empty, Loading, Panel, Title, Trouble } from "../ui/basics";
import { State } from "../ui/state";

async function ask(folder: string, where: string, repository: string): Promise<Explanation> {
    const query = new URLSearchParams({ folder });
    repository && query.set("repository", repository);
    const build = /^#?(\d{1,6})$/.exec(where)?.[1];
    if (build) {
        query.set("build", build);
    } else {
        const [ref, commit] = where.split("@");
        query.set("ref", ref ?? "");
        commit && query.set("commit", commit);
    }
    return await get<Explanation>(`/api/v1/explain?${query}`);
}

const VERDICTS = { built: "built", not_built: "not_built", waiting: "waiting" };

function Answer({ of }: { of: Explanation }) {
    return (
        <Panel title="Answer" wide>
            <p class="verdict"><State of={VERDICTS[of.verdict]} big /><strong>{of.folder}</strong></p>
            <ul class="causes">{of.causes.map((cause, at) => <li key={at}>{cause.words}</li>)}</ul>
            <dl class="facts">
                {of.build && <div><dt>Looked at</dt><dd><a href={`/builds/${of.build.id}`}>Build {of.build.id}</a> <State of={of.build.state} /></dd></div>}
                {of.ref && <div><dt>Branch</dt><dd>{shortRef(of.ref)}</dd></div>}
                {of.after && <div><dt>Commit</dt><dd><Commit id={of.after} /></dd></div>}
                {of.before && <div><dt>Compared with</dt><dd><Commit id={of.before} /></dd></div>}
                {of.tree.after && <div><dt>Content</dt><dd>{of.tree.before && of.tree.before !== of.tree.after && <><Commit id={of.tree.before} /> → </>}<Commit id={of.tree.after} /></dd></div>}
                {of.estimate_seconds !== null && <div><dt>Usually takes</dt><dd>{duration(of.estimate_seconds * 1000)}</dd></div>}
                {of.step && of.build && <div><dt>Log</dt><dd><a href={`/builds/${of.build.id}/steps/${of.step.step}`}>of this step</a></dd></div>}
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
                <label class="field"><span>Branch, branch@commit or build</span><input name="where" required defaultValue={where || "main"} placeholder="main, main@3f2a… or #7" /></label>
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

import type { BriefBuild } from "../data/types";
import { Ago, Revision, Took } from "../ui/basics";
import { State } from "../ui/state";

const CAUSES = { push: "push", manual: "by hand", reconcile: "found on the remote" };

/** Builds, a line each; on a narrow screen two. */
export function BuildList({ builds }: { builds: BriefBuild[] }) {
    return (
        <ul class="builds">
            {builds.map((build) => (
                <li key={build.id}>
                    <State of={build.state} />
                    <a class="strong" href={`/builds/${build.id}`} data-item>Build {build.id}</a>
                    <Revision build={build} />
                    <span class="cause muted">{build.folders.length > 0 ? build.folders.join(", ") : CAUSES[build.trigger]}{build.error && <span class="why"> · {build.error}</span>}</span>
                    <span class="took"><Took from={build.started} to={build.finished} /></span>
                    <span class="when muted"><Ago time={build.finished ?? build.created} /></span>
                </li>
            ))}
        </ul>
    );
}

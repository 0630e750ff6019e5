import { useEffect, useState } from "preact/hooks";
import { asked } from "../actions";
import { get } from "../data/api";
import { shortRef } from "../data/format";
import type { Delivery } from "../data/types";
import { useApi } from "../data/use_api";
import { place } from "../router";
import { Ago, Button, Commit, Empty, Loading, say, Title, Trouble } from "../ui/basics";
import { State } from "../ui/state";

interface Page {
    deliveries: Delivery[];
    next: string | null;
}

function Row({ delivery }: { delivery: Delivery }) {
    const isTarget = place.value.hash === `#D${delivery.id}`;
    return (
        <tr id={`D${delivery.id}`} class={isTarget ? "is-target" : ""}>
            <td><State of={delivery.build === null ? "ignored" : "accepted"} /></td>
            <td class="number"><span class="strong">{delivery.id}</span><span class="sub">{delivery.event}</span></td>
            <td><span class="ref">{shortRef(delivery.ref)}</span> <span class="sub"><Commit id={delivery.before} /> → <Commit id={delivery.after} /></span></td>
            <td class="reasons">{delivery.build !== null ? <a class="strong" href={`/builds/${delivery.build}`} data-item>Build {delivery.build}</a> : <span>{delivery.reason}</span>}</td>
            <td class="muted"><Ago time={delivery.received} /></td>
            <td class="end"><Button icon="again" label={`Replay delivery ${delivery.id}`} onClick={() => { asked.value = { kind: "replay", delivery: delivery.id }; }}>Replay…</Button></td>
        </tr>
    );
}

/** What GitLab sent, and what was made of it. */
export function Deliveries() {
    const { data, problem, reload } = useApi<Page>("/api/v1/deliveries?limit=50", (event) => event.kind === "any" || event.kind === "delivery" || event.kind === "build");
    const [older, setOlder] = useState<Page[]>([]);
    const pages = [...(data ? [data] : []), ...older], next = pages[pages.length - 1]?.next;
    const seen = [...new Map(pages.flatMap((page) => page.deliveries).map((delivery) => [delivery.id, delivery])).values()];
    useEffect(() => { data && document.getElementById(place.value.hash.slice(1))?.scrollIntoView({ block: "center" }); }, [data === null]);
    const more = async () => {
        try {
            const page = await get<Page>(next!);
            setOlder((old) => [...old, page]);
        } catch {
            say("The older deliveries can't be had");
        }
    };
    return (
        <>
            <div class="head"><Title text="Deliveries" /></div>
            <Trouble problem={problem} retry={reload} />
            {data === null && !problem && <Loading rows={8} />}
            {data && (seen.length === 0 ? <Empty>GitLab has sent nothing yet. Add a webhook for push events to <code>/webhooks/gitlab</code>.</Empty> : (
                <section class="panel wide" aria-label="Deliveries">
                    <table class="deliveries">
                        <thead><tr><th scope="col">Outcome</th><th scope="col">Delivery</th><th scope="col">Branch</th><th scope="col">What came of it</th><th scope="col">Received</th><th scope="col"><span class="hidden">Actions</span></th></tr></thead>
                        <tbody>{seen.map((delivery) => <Row key={delivery.id} delivery={delivery} />)}</tbody>
                    </table>
                </section>
            ))}
            {next && <div class="row-middle"><Button onClick={() => void more()}>Older deliveries</Button></div>}
        </>
    );
}

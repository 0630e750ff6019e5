import type { Reason } from "../data/types";
import { counted, shortId } from "../data/format";

/** Why a step is in a plan, in a few words. */
export function inWords(reason: Reason): string {
    switch (reason.kind) {
        case "changed":
        case "watched": {
            const paths = reason.paths ?? [], more = paths.length - 1 + (reason.more_paths ?? 0);
            const first = paths[0] ?? "its folder";
            return `${first} changed` + (more > 0 ? `, and ${counted(more, "more file")}` : "") + (reason.kind === "watched" ? " (watched)" : "");
        }
        case "added": return "new folder";
        case "base_rebuilt": return `stands on ${reason.folder}, which is rebuilt`;
        case "base_moved": return `${reason.reference} moved to ${shortId(reason.to ?? "")}`;
        case "owed": return `owed: ${reason.why || "not pushed yet"}`;
        case "requested": return "asked for";
    }
}

export function Reasons({ of }: { of: Reason[] | null }) {
    return <>{(of ?? []).map((reason, at) => <span class="reason" key={at}>{inWords(reason)}</span>)}</>;
}

export const reasonText = (reasons: Reason[] | null): string => (reasons ?? []).map(inWords).join("; ");

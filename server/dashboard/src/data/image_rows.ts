// The image matrix as rows: which are shown, and in which order.

import type { Image } from "./types";
import { shortRef } from "./format";

export type Show = "" | "owed" | "pushed" | "removed";

export const SHOWS: Show[] = ["", "owed", "pushed", "removed"];

export const stateOf = (image: Image): string =>
    image.owed ? "owed" : image.removed ? "removed" : image.pushed ? "pushed" : "waiting";

const TROUBLE_FIRST: Record<string, number> = { owed: 0, waiting: 1, pushed: 2, removed: 3 };

/** What has a part of each word in its folder, name or branch; what needs attention is first. */
export function rowsOf(images: Image[], text: string, show: Show): Image[] {
    const words = text.toLowerCase().split(/\s+/).filter((word) => word !== "");
    const fits = (image: Image): boolean => {
        const all = `${image.folder} ${image.image ?? ""} ${shortRef(image.ref)} ${image.repository}`.toLowerCase();
        return (show === "" ? stateOf(image) !== "removed" : stateOf(image) === show) && words.every((word) => all.includes(word));
    };
    return images.filter(fits).sort((a, b) =>
        TROUBLE_FIRST[stateOf(a)]! - TROUBLE_FIRST[stateOf(b)]! || a.folder.localeCompare(b.folder) || a.ref.localeCompare(b.ref));
}

export const countsOf = (images: Image[]): Record<Show, number> => {
    const counts = { "": 0, owed: 0, pushed: 0, removed: 0 };
    for (const image of images) {
        const state = stateOf(image);
        counts[""] += state === "removed" ? 0 : 1;
        if (state === "owed" || state === "pushed" || state === "removed") {
            counts[state] += 1;
        }
    }
    return counts;
};

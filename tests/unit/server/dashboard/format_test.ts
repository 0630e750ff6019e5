import assert from "node:assert/strict";
import { test } from "node:test";
import { bytes, duration, relative, shortId, shortRef, tagOf } from "../../../../server/dashboard/src/data/format";
import { countsOf, rowsOf } from "../../../../server/dashboard/src/data/image_rows";
import type { Image } from "../../../../server/dashboard/src/data/types";
import { rangeOf } from "../../../../server/dashboard/src/ui/range";

test("durations", () => {
    assert.deepEqual([-5, 400, 12_345, 185_000, 7_800_000, 273_600_000].map(duration), ["0 s", "0.4 s", "12 s", "3 m 05 s", "2 h 10 m", "3 d 4 h"]);
});

test("times from now", () => {
    const now = Date.parse("2026-11-26T12:00:00Z");
    const at = (time: string) => relative(`2026-11-${time}Z`, now);
    assert.deepEqual([at("26T11:59:55"), at("26T11:55:00"), at("26T12:02:00"), at("25T11:00:00"), at("20T00:00:00")],
        ["just now", "5 min ago", "in 2 min", "1 day ago", "6 days ago"]);
});

test("ids and names", () => {
    assert.equal(shortId("sha256:0123456789abcdef"), "012345678");
    assert.equal(shortId("0".repeat(40)), "nothing");
    assert.equal(shortRef("refs/heads/feature/x"), "feature/x");
    assert.equal(tagOf("registry:5000/team/name:3.10"), "3.10");
    assert.equal(tagOf("registry:5000/team/name"), "");
    assert.equal(bytes(1_530_000_000), "1.5 GB");
});

const image = (folder: string, more: Partial<Image> = {}) =>
    ({ repository: "images", ref: "refs/heads/main", folder, image: `r/${folder}:1`, pushed: "2026-11-26T10:00:00Z", owed: null, removed: null, ...more }) as Image;

test("what is owed comes first, what is gone only where it is asked for", () => {
    const images = [image("b"), image("a"), image("z", { owed: { since: "", why: "failed", commit: null, build: null } }), image("gone", { removed: "2026-11-26T10:00:00Z" })];
    assert.deepEqual(rowsOf(images, "", "").map(({ folder }) => folder), ["z", "a", "b"]);
    assert.deepEqual(rowsOf(images, "", "removed").map(({ folder }) => folder), ["gone"]);
    assert.deepEqual(rowsOf(images, "MAIN b", "").map(({ folder }) => folder), ["b"]);
    assert.deepEqual(countsOf(images), { "": 3, owed: 1, pushed: 2, removed: 1 });
});

test("only rows in sight are drawn", () => {
    assert.deepEqual(rangeOf(0, 800, 20, 100_000), { first: 0, end: 52 });
    assert.deepEqual(rangeOf(1_000_000, 800, 20, 100_000), { first: 49_988, end: 50_052 });
    assert.deepEqual(rangeOf(5_000, 800, 20, 10), { first: 10, end: 10 });
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { apply, buildOf, type Kind, moodOf, news, patched } from "../../../../server/dashboard/src/data/events";
import type { BriefBuild, Build, Status, Step } from "../../../../server/dashboard/src/data/types";

const brief = (id: number, state: BriefBuild["state"], more: object = {}) =>
    ({ id, repository: "images", ref: "refs/heads/main", state, created: "2026-11-26T10:00:00Z", finished: null, ...more }) as BriefBuild;
const step = (build: number, number: number, state: string) => ({ build, step: number, state, folder: `f${number}` }) as unknown as Step;
const empty: Status = { version: "1", repositories: [], engines: [], running: [], waiting: [], waiting_total: 0, owed: 0, finished: [], images: [] };
const after = (status: Status, ...events: [Kind, unknown][]) => events.reduce((now, [kind, data]) => apply(now, { kind, data }), status);
const ids = (builds: BriefBuild[]) => builds.map(({ id }) => id);

test("a build goes from waiting over running to finished", () => {
    const waiting = after(empty, ["build", brief(7, "queued")]);
    assert.deepEqual([ids(waiting.waiting), waiting.waiting_total], [[7], 1]);
    const running = after(waiting, ["build", brief(7, "running")], ["step", step(7, 0, "building")]);
    assert.deepEqual([running.waiting, running.waiting_total, ids(running.running)], [[], 0, [7]]);
    assert.equal(running.running[0]!.steps[0]!.state, "building");
    const ended = after(running, ["build", brief(7, "succeeded")]);
    assert.deepEqual([ended.running, ids(ended.finished)], [[], [7]]);
});

test("a build that is told again is not there twice", () => {
    const twice = after(empty, ["build", brief(7, "queued")], ["build", brief(7, "queued", { error: "x" })]);
    assert.deepEqual([ids(twice.waiting), twice.waiting_total, twice.waiting[0]!.error], [[7], 1, "x"]);
    assert.deepEqual(ids(after(empty, ["build", brief(7, "failed")], ["build", brief(7, "failed")]).finished), [7]);
});

test("steps keep their order and their build's other fields", () => {
    const status = after(empty, ["build", brief(7, "running")], ["step", step(7, 1, "ready")], ["step", step(7, 0, "ready")], ["step", step(7, 1, "pushed")]);
    assert.deepEqual(status.running[0]!.steps.map((one) => [one.step, one.state]), [[0, "ready"], [1, "pushed"]]);
    assert.equal(after(status, ["build", brief(7, "running", { error: "e" })]).running[0]!.steps.length, 2);
});

test("a step of a build that is not known changes nothing", () => {
    assert.deepEqual(after(empty, ["step", step(9, 0, "ready")]), empty);
});

test("the newest twenty results are kept", () => {
    const many = Array.from({ length: 25 }, (_, at): [Kind, unknown] => ["build", brief(at + 1, "succeeded")]);
    assert.deepEqual(ids(after(empty, ...many).finished).slice(0, 2), [25, 24]);
    assert.equal(after(empty, ...many).finished.length, 20);
});

test("images, engines and what is owed are replaced", () => {
    const status = after(empty, ["image", { repository: "r", folder: "a", state: "building" }], ["image", { repository: "r", folder: "a", state: "pushed" }],
        ["engine", { name: "local", up: false }], ["owed", { owed: 3 }]);
    assert.deepEqual([status.images.length, status.images[0]!.state, status.engines[0]!.up, status.owed], [1, "pushed", false, 3]);
    assert.equal(apply(status, { kind: "snapshot", data: empty }), empty);
    assert.equal(apply(status, { kind: "delivery", data: { id: 1 } }), status);
});

test("events say which build they are about", () => {
    assert.equal(buildOf({ kind: "build", data: { id: 7 } }), 7);
    assert.equal(buildOf({ kind: "step", data: { build: 7, step: 0 } }), 7);
    assert.equal(buildOf({ kind: "delivery", data: { id: 7, build: 7 } }), null);
    assert.equal(buildOf({ kind: "any" }), null);
});

test("a build that is shown takes what an event holds, and asks for the rest", () => {
    const build = { ...brief(7, "running"), plan: { unchanged: 3 }, steps: [step(7, 0, "building"), step(7, 1, "ready")] } as Build;
    const next = patched(build, { kind: "step", data: step(7, 1, "building") })!;
    assert.deepEqual([next.steps.map((one) => one.state), next.plan], [["building", "building"], { unchanged: 3 }]);
    assert.equal(patched(build, { kind: "build", data: brief(7, "running", { error: "e" }) })!.error, "e");
    assert.equal(patched(build, { kind: "build", data: brief(7, "succeeded") }), null, "its steps may have changed");
    assert.equal(patched({ ...build, steps: [] }, { kind: "build", data: brief(7, "running") }), null, "its plan may be there");
    assert.equal(patched(build, { kind: "step", data: step(7, 9, "ready") }), null);
    assert.equal(patched(build, { kind: "any" }), null);
});

test("news are builds that ended, and none of the first look", () => {
    const running = { ...empty, running: [{ ...brief(7, "running"), plan: null, steps: [] } as Build] };
    const ended = after(running, ["build", brief(7, "failed")]);
    assert.deepEqual(news(running, ended), ["Build 7 failed"]);
    assert.deepEqual(news(ended, ended), []);
    assert.deepEqual(news(null, ended), []);
});

test("the mood: what runs, else each branch's newest result, else what is owed", () => {
    assert.equal(moodOf(null), "unknown");
    assert.equal(moodOf(empty), "fine");
    assert.equal(moodOf({ ...empty, owed: 1 }), "owed");
    assert.equal(moodOf({ ...empty, finished: [brief(8, "succeeded"), brief(7, "failed")] }), "fine");
    assert.equal(moodOf({ ...empty, finished: [brief(9, "superseded"), brief(8, "failed")] }), "failed");
    assert.equal(moodOf({ ...empty, waiting_total: 1, finished: [brief(8, "failed")] }), "running");
});

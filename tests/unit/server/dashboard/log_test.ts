import assert from "node:assert/strict";
import { test } from "node:test";
import { failingLine, lineOfAnchor, LogLines, search } from "../../../../server/dashboard/src/data/log";

test("lines grow from pieces cut anywhere", () => {
    const log = new LogLines();
    log.add("one\ntw");
    log.add("o\n\nthr");
    assert.deepEqual(log.lines, ["one", "two", ""]);
    log.end();
    assert.deepEqual(log.lines, ["one", "two", "", "thr"]);
    log.end();
    assert.equal(log.lines.length, 4);
});

test("the failing line is what the tool said, not what the daemon says of it", () => {
    const lines = ["#5 RUN make", "#5 cc ok", "main.c:1: \x1b[31merror:\x1b[0m no", "make: stopped", "ERROR: #5 ERROR: exit code: 2", "ERROR: exit code: 2"];
    assert.equal(failingLine(lines), 2);
});

test("of several errors the last before the end counts", () => {
    assert.equal(failingLine(["error: a retry helps", "ok", "fatal: no such remote", "ERROR: exit code: 128"]), 2);
});

test("a count of no errors is no error", () => {
    assert.equal(failingLine(["tests: 0 errors", "boom", "ERROR: exit code: 1"]), 2);
});

test("where a tool is silent the daemon's own line is it", () => {
    assert.equal(failingLine(["about to end", "ERROR: exit code: 3", "ERROR: again"]), 1);
    assert.equal(failingLine(["all is well"]), -1);
    assert.equal(failingLine([]), -1);
});

test("a search finds what is seen, whatever its case", () => {
    assert.deepEqual(search(["a \x1b[31mErr\x1b[0mor", "b", "ERROR"], "error"), [0, 2]);
    assert.deepEqual(search(["a"], ""), []);
    assert.deepEqual(search(["\x1b[31m"], "31"), [], "an escape is not seen");
});

test("anchors name lines from 1", () => {
    assert.equal(lineOfAnchor("#L120"), 119);
    assert.equal(lineOfAnchor("#L0"), -1);
    assert.equal(lineOfAnchor(""), -1);
    assert.equal(lineOfAnchor("#D7"), -1);
});

test("a hundred thousand lines are searched at once", () => {
    const lines = Array.from({ length: 100_000 }, (_, at) => `#9 \x1b[32mcompiling\x1b[0m part_${at}.c`);
    const began = performance.now();
    assert.equal(search(lines, "part_99999.").length, 1);
    assert.ok(performance.now() - began < 1000);
});

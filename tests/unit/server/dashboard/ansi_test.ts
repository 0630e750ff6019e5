import assert from "node:assert/strict";
import { test } from "node:test";
import { pieces, plain } from "../../../../server/dashboard/src/data/ansi";

const classes = (line: string) => pieces(line).map(({ text, classes }) => [text, classes]);

test("a line without escapes is one piece", () => {
    assert.deepEqual(classes("#5 DONE 0.1s"), [["#5 DONE 0.1s", ""]]);
    assert.deepEqual(classes(""), []);
});

test("colours and weights become classes, and end", () => {
    assert.deepEqual(classes("a \x1b[1;31merror:\x1b[0m b"), [["a ", ""], ["error:", "c1 bold"], [" b", ""]]);
    assert.deepEqual(classes("\x1b[32mok\x1b[39m\x1b[2mdim\x1b[22m x"), [["ok", "c2"], ["dim", "dim"], [" x", ""]]);
    assert.deepEqual(classes("\x1b[94mbright\x1b[m"), [["bright", "c12"]]);
});

test("pieces of one look are one", () => {
    assert.deepEqual(classes("\x1b[31ma\x1b[31mb\x1b[K"), [["ab", "c1"]]);
});

test("256 and 24 bit colours become the nearest of sixteen", () => {
    assert.deepEqual(classes("\x1b[38;5;9mx"), [["x", "c9"]]);
    assert.deepEqual(classes("\x1b[38;5;196mx"), [["x", "c9"]]);
    assert.deepEqual(classes("\x1b[38;2;0;128;0mx"), [["x", "c2"]]);
    assert.deepEqual(classes("\x1b[38;2;250;250;250mx"), [["x", "c15"]]);
    assert.deepEqual(classes("\x1b[48;2;1;31;3mx"), [["x", ""]], "a ground's numbers are no colours of the text");
});

test("what moves a cursor, sets a title or rings is dropped", () => {
    assert.equal(plain("\x1b]0;title\x07a\x1b[2Kb\x1b[1Gc\x07\x1b(B"), "abc(B");
    assert.equal(plain("a\x1b]8;;https://example.com\x1b\\link\x1b]8;;\x1b\\"), "alink");
    assert.equal(plain("tab\tstays"), "tab\tstays");
});

test("of a line that returns to its start the last part is shown", () => {
    assert.equal(plain("10%\r50%\r100%\r"), "100%");
    assert.deepEqual(classes("\x1b[32m10%\r\x1b[31m20%"), [["20%", "c1"]]);
});

test("markup is text", () => {
    assert.deepEqual(classes("<b>&amp;"), [["<b>&amp;", ""]]);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { criticalPath, layout, type Node } from "../../../../server/dashboard/src/data/layout";

const node = (id: number, ...needs: number[]): Node => ({ id, needs });

test("a folder stands behind all that it needs", () => {
    const nodes = [node(0), node(1, 0), node(2, 1), node(3, 0, 2), node(4)];
    const { nodes: placed, columns } = layout(nodes);
    assert.equal(columns, 4);
    for (const { id, needs } of nodes) {
        for (const need of needs) {
            assert.ok(placed.get(need)!.column < placed.get(id)!.column, `${need} before ${id}`);
        }
    }
    assert.equal(placed.get(4)!.column, 0);
});

test("no two stand in one place", () => {
    const nodes = Array.from({ length: 60 }, (_, id) => node(id, ...(id > 2 ? [id % 3, Math.floor(id / 2)].filter((need) => need < id) : [])));
    const { nodes: placed } = layout(nodes);
    assert.equal(new Set([...placed.values()].map(({ column, row }) => `${column} ${row}`)).size, 60);
});

test("edges of two families do not cross", () => {
    const { nodes: placed } = layout([node(0), node(1), node(2, 1), node(3, 0), node(4, 1), node(5, 0)]);
    const rows = (ids: number[]) => ids.map((id) => placed.get(id)!.row);
    const first = rows([3, 5]), second = rows([2, 4]);
    const isApart = Math.max(...first) < Math.min(...second) || Math.max(...second) < Math.min(...first);
    assert.ok(isApart, `${first} and ${second}`);
});

test("a short column stands in the middle", () => {
    const { nodes: placed, rows } = layout([node(0), node(1, 0), node(2, 0), node(3, 0)]);
    assert.equal(rows, 3);
    assert.equal(placed.get(0)!.row, 1);
});

test("what is not in the plan, and a cycle, are survived", () => {
    assert.equal(layout([node(1, 7)]).columns, 1);
    assert.equal(layout([node(0, 1), node(1, 0)]).nodes.size, 2);
    assert.equal(layout([]).rows, 0);
});

test("a thousand are placed at once", () => {
    const began = performance.now();
    layout(Array.from({ length: 1000 }, (_, id) => node(id, ...(id > 9 ? [id % 10, id - 7] : []))));
    assert.ok(performance.now() - began < 500);
});

test("the critical path is the longest by time, not by steps", () => {
    const took = new Map([[0, 1], [1, 50], [2, 2], [3, 2], [4, 2]]);
    const nodes = [node(0), node(1, 0), node(2, 0), node(3, 2), node(4, 3)];
    assert.deepEqual([...criticalPath(nodes, (id) => took.get(id)!)].sort(), [0, 1]);
    assert.equal(criticalPath([], () => 0).size, 0);
});

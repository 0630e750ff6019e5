// Where the folders of a build stand in its picture: in columns from left to right, each behind all that it needs. Within a
// column the order follows the middle of a folder's neighbours (Sugiyama's barycentres), which keeps edges short and apart.

export interface Node {
    id: number;
    needs: number[];
}

export interface Placed {
    id: number;
    column: number;
    row: number;
}

export interface Layout {
    nodes: Map<number, Placed>;
    columns: number;
    rows: number;
}

const SWEEPS = 6;

function columnsOf(nodes: Node[]): Map<number, number> {
    const byId = new Map(nodes.map((node) => [node.id, node]));
    const columns = new Map<number, number>();
    const visit = (node: Node): number => {
        const known = columns.get(node.id);
        if (known !== undefined) {
            return known;
        }
        columns.set(node.id, 0);  // a cycle can't come from a plan; it must not hang the page either
        let column = 0;
        for (const need of node.needs) {
            const parent = byId.get(need);
            column = parent ? Math.max(column, visit(parent) + 1) : column;
        }
        columns.set(node.id, column);
        return column;
    };
    nodes.forEach(visit);
    return columns;
}

function neighboursOf(nodes: Node[]): Map<number, number[]> {
    const neighbours = new Map<number, number[]>(nodes.map((node) => [node.id, []]));
    for (const node of nodes) {
        for (const need of node.needs) {
            neighbours.get(need)?.push(node.id);
            if (neighbours.has(need)) {
                neighbours.get(node.id)!.push(need);
            }
        }
    }
    return neighbours;
}

function sortByMiddle(column: number[], rows: Map<number, number>, neighbours: Map<number, number[]>): void {
    const middle = (id: number): number => {
        const others = neighbours.get(id)!;
        return others.length === 0 ? rows.get(id)! : others.reduce((sum, other) => sum + rows.get(other)!, 0) / others.length;
    };
    const keys = new Map(column.map((id) => [id, middle(id)]));
    column.sort((a, b) => keys.get(a)! - keys.get(b)! || rows.get(a)! - rows.get(b)!);
}

/** Rows are centred: those of a short column stand in the middle of the picture. */
export function layout(nodes: Node[]): Layout {
    const columnOf = columnsOf(nodes), neighbours = neighboursOf(nodes);
    const columns: number[][] = Array.from({ length: Math.max(-1, ...columnOf.values()) + 1 }, () => []);
    nodes.forEach((node) => columns[columnOf.get(node.id)!]!.push(node.id));
    const height = Math.max(0, ...columns.map((column) => column.length));
    const rows = new Map<number, number>();
    const place = (column: number[]) => column.forEach((id, row) => rows.set(id, row + (height - column.length) / 2));
    columns.forEach(place);
    for (let sweep = 0; sweep < SWEEPS; ++sweep) {
        for (const column of sweep % 2 === 0 ? columns : [...columns].reverse()) {
            sortByMiddle(column, rows, neighbours);
            place(column);
        }
    }
    const placed = nodes.map((node) => ({ id: node.id, column: columnOf.get(node.id)!, row: rows.get(node.id)! }));
    return { nodes: new Map(placed.map((node) => [node.id, node])), columns: columns.length, rows: height };
}

/** The steps of the longest way through a build, by what each took: to make the build faster, make one of these faster. */
export function criticalPath(nodes: Node[], took: (id: number) => number): Set<number> {
    const byId = new Map(nodes.map((node) => [node.id, node]));
    const best = new Map<number, { sum: number; before: number | null }>();
    const visit = (node: Node): { sum: number; before: number | null } => {
        const known = best.get(node.id);
        if (known) {
            return known;
        }
        const entry = { sum: took(node.id), before: null as number | null };
        best.set(node.id, entry);
        let longest = 0;
        for (const need of node.needs) {
            const parent = byId.get(need);
            const sum = parent ? visit(parent).sum : 0;
            if (parent && sum >= longest) {
                longest = sum;
                entry.before = need;
            }
        }
        entry.sum += longest;
        return entry;
    };
    nodes.forEach(visit);
    let last: number | null = null;
    for (const node of nodes) {
        if (last === null || best.get(node.id)!.sum > best.get(last)!.sum) {
            last = node.id;
        }
    }
    const path = new Set<number>();
    for (let at = last; at !== null; at = best.get(at)!.before) {
        path.add(at);
    }
    return path;
}

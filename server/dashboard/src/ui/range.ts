// Which rows of a long list are in sight, with a few around them.

const AROUND = 12;

export interface Range {
    first: number;
    end: number;
}

export function rangeOf(top: number, height: number, rowHeight: number, count: number): Range {
    const first = Math.max(0, Math.floor(top / rowHeight) - AROUND);
    return { first: Math.min(first, count), end: Math.min(count, Math.ceil((top + height) / rowHeight) + AROUND) };
}

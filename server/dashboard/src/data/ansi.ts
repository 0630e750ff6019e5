// A log line as pieces of text with classes. Colours become the theme's sixteen, so that every one of them can be read in the
// dark and in the light; all that moves a cursor or sets a title is dropped.

export interface Piece {
    text: string;
    classes: string;
}

interface Style {
    colour: number | null;
    bold: boolean;
    dim: boolean;
    italic: boolean;
    underline: boolean;
    inverse: boolean;
}

const PLAIN: Style = { colour: null, bold: false, dim: false, italic: false, underline: false, inverse: false };

// CSI with its final letter; OSC up to BEL or ST; other escapes of two characters; controls but for the tab.
// eslint-disable-next-line no-control-regex
const ESCAPE = /\x1b\[([0-9;:?]*)[ -/]*([@-~])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\|$)|\x1b[@-Z\\^_a-z]|\x1b|[\x00-\x08\x0b-\x1f\x7f]/g;

/** One of 0…15 for a colour of 24 bits: by hue, brightness and greyness. */
function nearest16(red: number, green: number, blue: number): number {
    const most = Math.max(red, green, blue), least = Math.min(red, green, blue);
    const bright = most > 170 ? 8 : 0;
    if (most - least < 40) {
        return most < 64 ? 0 : most < 150 ? 8 : most < 220 ? 7 : 15;
    }
    const middle = (most + least) / 2;
    return bright + (red > middle ? 1 : 0) + (green > middle ? 2 : 0) + (blue > middle ? 4 : 0);
}

function from256(index: number): number {
    if (index < 16) {
        return index;
    }
    if (index >= 232) {
        const grey = 8 + (index - 232) * 10;
        return nearest16(grey, grey, grey);
    }
    const level = (step: number) => (step === 0 ? 0 : 55 + step * 40);
    const cube = index - 16;
    return nearest16(level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6));
}

/** The colour behind 38, and how many codes it took. */
function extended(codes: number[], at: number): [number | null, number] {
    if (codes[at + 1] === 5) {
        return [from256(codes[at + 2] ?? 0), 2];
    }
    if (codes[at + 1] === 2) {
        return [nearest16(codes[at + 2] ?? 0, codes[at + 3] ?? 0, codes[at + 4] ?? 0), 4];
    }
    return [null, 0];
}

const SWITCHES: Record<number, Partial<Style>> = {
    0: PLAIN, 1: { bold: true }, 2: { dim: true }, 3: { italic: true }, 4: { underline: true }, 7: { inverse: true },
    22: { bold: false, dim: false }, 23: { italic: false }, 24: { underline: false }, 27: { inverse: false }, 39: { colour: null },
};

function select(style: Style, text: string): Style {
    const codes = text === "" ? [0] : text.split(/[;:]/).map(Number);
    let next = style;
    for (let at = 0; at < codes.length; ++at) {
        const code = codes[at]!;
        if (code === 38 || code === 48) {
            const [colour, taken] = extended(codes, at);
            next = code === 38 ? { ...next, colour } : next;
            at += taken;
        } else if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) {
            next = { ...next, colour: code < 40 ? code - 30 : code - 82 };
        } else {
            next = { ...next, ...SWITCHES[code] };
        }
    }
    return next;
}

function classesOf(style: Style): string {
    const names = style.colour === null ? [] : [`c${style.colour}`];
    for (const name of ["bold", "dim", "italic", "underline", "inverse"] as const) {
        if (style[name]) {
            names.push(name);
        }
    }
    return names.join(" ");
}

/** What a terminal would show of a line that returns to its start: what was written last. */
const lastOfReturns = (line: string): string => {
    const kept = line.replace(/\r+$/, "");
    return kept.slice(kept.lastIndexOf("\r") + 1);
};

/** The pieces of one line; colours do not go on into the next line. */
export function pieces(line: string): Piece[] {
    const text = lastOfReturns(line);
    const found: Piece[] = [];
    let style = PLAIN, from = 0;
    const add = (until: number) => {
        if (until > from) {
            const classes = classesOf(style), last = found[found.length - 1];
            if (last && last.classes === classes) {
                last.text += text.slice(from, until);
            } else {
                found.push({ text: text.slice(from, until), classes });
            }
        }
    };
    for (const escape of text.matchAll(ESCAPE)) {
        add(escape.index);
        from = escape.index + escape[0].length;
        if (escape[2] === "m") {
            style = select(style, escape[1] ?? "");
        }
    }
    add(text.length);
    return found;
}

/** The line's text alone. */
export const plain = (line: string): string => (/[\x00-\x08\x0b-\x1f\x7f]/.test(line) ? lastOfReturns(line).replace(ESCAPE, "") : line);

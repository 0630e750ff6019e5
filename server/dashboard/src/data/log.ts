// A step's log as lines, grown piece by piece.

import { plain } from "./ansi";

export class LogLines {
    readonly lines: string[] = [];
    private rest = "";

    /** Takes whole lines and the beginning of one; true: there are new lines. */
    add(text: string): boolean {
        const parts = (this.rest + text).split("\n");
        this.rest = parts.pop()!;
        for (const part of parts) {
            this.lines.push(part);
        }
        return parts.length > 0;
    }

    /** What came without a line's end is a line, too. */
    end(): void {
        if (this.rest !== "") {
            this.lines.push(this.rest);
            this.rest = "";
        }
    }
}

// The daemon's own mark comes last and says the least: what a tool printed before it is what a person looks for.
const LOUD = /\b(error|fatal|panic|traceback|exception|undefined reference|not found|no such file|permission denied|cannot|failed)\b/i;
const QUIET = /\b(0 errors?|no errors?|without errors?|errors?: 0|0 failed)\b/i;
const OWN = /^ERROR: /;
const NEAR = 400;

/** The line to show first of a step that failed, from 0; -1: none looks like a failure. */
export function failingLine(lines: readonly string[]): number {
    let own = -1;
    for (let at = lines.length - 1; at >= 0; --at) {
        if (OWN.test(lines[at]!)) {
            own = at;
        } else if (own >= 0) {
            break;
        }
    }
    const until = own >= 0 ? own : lines.length;
    for (let at = until - 1; at >= Math.max(0, until - NEAR); --at) {
        const line = plain(lines[at]!);
        if (LOUD.test(line) && !QUIET.test(line)) {
            return at;
        }
    }
    return own;
}

export const isError = (line: string): boolean => OWN.test(line);
export const isWarning = (line: string): boolean => line.startsWith("WARNING: ");
export const isHeading = (line: string): boolean => /^(Step \d+\/\d+ : |#\d+ \[)/.test(line);

/** The lines that hold the text, whatever its case, from 0. */
export function search(lines: readonly string[], text: string): number[] {
    const wanted = text.toLowerCase(), found: number[] = [];
    if (wanted !== "") {
        for (let at = 0; at < lines.length; ++at) {
            if (plain(lines[at]!).toLowerCase().includes(wanted)) {
                found.push(at);
            }
        }
    }
    return found;
}

/** `#L120` → 119, else -1. */
export const lineOfAnchor = (hash: string): number => Number(/^#L(\d+)$/.exec(hash)?.[1] ?? 0) - 1;

// Reads a step's log to its end, and on while the step runs: what is there in large pieces, what comes as a stream of lines.
// Where there is no stream, and while nobody looks, it asks again and again.

import { call } from "./api";
import { LogLines } from "./log";

const POLL_MS = 1_000, PIECE = 1 << 20, DRAW_MS = 60;

export interface Following {
    stop: () => void;
    /** The step has ended: what is there now is all. */
    finish: () => void;
}

/** `grown` is called where lines came; `problem` where a call failed (it goes on). */
export function followLog(path: string, lines: LogLines, grown: () => void, problem: (error: unknown) => void): Following {
    const decoder = new TextDecoder();
    let offset = 0, isOver = false, isStopped = false, hasStream = true, timer = 0, draw = 0;
    let source: EventSource | null = null;

    const grownSoon = () => {
        draw ||= window.setTimeout(() => { draw = 0; isStopped || grown(); }, DRAW_MS);
    };
    const again = (ms: number) => {
        clearTimeout(timer);
        timer = window.setTimeout(() => void read(), ms);
    };
    const piece = async (): Promise<number> => {
        const response = await call(`${path}?offset=${offset}`);
        const bytes = await response.arrayBuffer();
        offset = Number(response.headers.get("X-Next-Offset") ?? offset + bytes.byteLength);
        if (bytes.byteLength > 0) {
            lines.add(decoder.decode(bytes, { stream: true }));
            grownSoon();
        }
        return bytes.byteLength;
    };
    const closeStream = () => {
        source?.close();
        source = null;
    };
    const openStream = () => {
        const stream = source = new EventSource(`${path}?offset=${offset}`);
        stream.addEventListener("line", (event) => {
            offset = Number(event.lastEventId);
            lines.add((JSON.parse(event.data) as { text: string }).text + "\n");
            grownSoon();
        });
        stream.addEventListener("end", () => { closeStream(); again(POLL_MS); });
        stream.onerror = () => {
            hasStream = stream.readyState !== EventSource.CLOSED;
            closeStream();
            again(POLL_MS);
        };
    };
    const read = async (): Promise<void> => {
        const wasOver = isOver;
        closeStream();
        try {
            while (await piece() >= PIECE && !isStopped) { /* a long log comes in pieces */ }
        } catch (error) {
            isStopped || (problem(error), again(POLL_MS));
            return;
        }
        if (isStopped) {
            return;
        }
        if (wasOver) {
            lines.end();
            grown();
        } else if (isOver) {
            again(0);
        } else if (hasStream && !document.hidden) {
            openStream();
        } else {
            again(POLL_MS);
        }
    };
    const onVisibility = () => { source !== null && document.hidden && again(0); };
    document.addEventListener("visibilitychange", onVisibility);
    void read();
    return {
        stop: () => {
            isStopped = true;
            closeStream();
            clearTimeout(timer);
            clearTimeout(draw);
            document.removeEventListener("visibilitychange", onVisibility);
        },
        finish: () => {
            isOver = true;
            source !== null && again(0);
        },
    };
}

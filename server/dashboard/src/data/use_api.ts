// What a view shows: an answer of the API, asked for again when something changed that concerns it.

import { useEffect, useRef, useState } from "preact/hooks";
import { get, Problem } from "./api";
import type { LiveEvent } from "./events";
import { onChange } from "./live";

const NOT_MORE_OFTEN_THAN_MS = 500;

export interface Answer<T> {
    data: T | null;
    problem: Problem | null;
    reload: () => void;
}

type Patch<T> = (data: T, event: LiveEvent) => T | null;

/**
 * `path` null: nothing is asked. What is shown stays while it is asked for again. `patch` makes of an event what would be
 * answered; null: it can't.
 */
export function useApi<T>(path: string | null, concerns: (event: LiveEvent) => boolean = () => true, patch: Patch<T> = () => null): Answer<T> {
    const [state, setState] = useState<{ path: string | null; data: T | null; problem: Problem | null }>({ path: null, data: null, problem: null });
    const latest = useRef({ concerns, patch, data: state.data });
    latest.current = { concerns, patch, data: state.path === path ? state.data : null };
    const reload = useRef(() => {});
    useEffect(() => {
        if (path === null) {
            return;
        }
        const ended = new AbortController();
        let timer = 0, busy = false, again = false;
        const load = async () => {
            timer = 0;
            busy = true;
            try {
                const data = await get<T>(path);
                ended.signal.aborted || setState({ path, data, problem: null });
            } catch (error) {
                const problem = error instanceof Problem ? error : new Problem(0, "The page failed", String(error));
                ended.signal.aborted || setState((old) => ({ path, data: old.path === path ? old.data : null, problem }));
            }
            busy = false;
            again && soon();
            again = false;
        };
        const soon = () => {
            if (ended.signal.aborted) {
                return;
            }
            busy ? again = true : timer ||= window.setTimeout(() => void load(), NOT_MORE_OFTEN_THAN_MS);
        };
        reload.current = () => { clearTimeout(timer); void load(); };
        void load();
        const stop = onChange((event) => {
            const { concerns, patch, data } = latest.current;
            if (!concerns(event)) {
                return;
            }
            const next = data === null || busy ? null : patch(data, event);
            if (next === null) {
                soon();
            } else {
                latest.current.data = next;
                setState({ path, data: next, problem: null });
            }
        });
        return () => { stop(); ended.abort(); clearTimeout(timer); };
    }, [path]);
    return { data: state.path === path ? state.data : null, problem: state.path === path ? state.problem : null, reload: () => reload.current() };
}

// The whole ledger, page by page; what is there already is shown meanwhile.

import { useEffect, useState } from "preact/hooks";
import { get, Problem } from "./api";
import { onChange } from "./live";
import type { Image } from "./types";

const PAGE = 200, NOT_MORE_OFTEN_THAN_MS = 2_000;

interface Page {
    images: Image[];
    next: string | null;
}

export function useImages(ref: string): { images: Image[] | null; problem: Problem | null } {
    const [state, setState] = useState<{ images: Image[] | null; problem: Problem | null }>({ images: null, problem: null });
    useEffect(() => {
        let isCurrent = true, timer = 0, isFirst = true;
        const load = async () => {
            const images: Image[] = [];
            try {
                let path: string | null = `/api/v1/images?limit=${PAGE}${ref === "" ? "" : `&ref=${encodeURIComponent(ref)}`}`;
                while (path !== null && path !== "" && isCurrent) {
                    const page: Page = await get<Page>(path);
                    images.push(...page.images);
                    path = page.next;
                    isFirst && isCurrent && setState({ images: [...images], problem: null });
                }
                isCurrent && setState({ images, problem: null });
                isFirst = false;
            } catch (error) {
                isCurrent && setState((old) => ({ ...old, problem: error as Problem }));
            }
            timer = 0;
        };
        void load();
        const stop = onChange((event) => {
            if (event.kind !== "step" && event.kind !== "delivery") {
                timer ||= window.setTimeout(() => void load(), NOT_MORE_OFTEN_THAN_MS);
            }
        });
        return () => { isCurrent = false; stop(); clearTimeout(timer); };
    }, [ref]);
    return state;
}

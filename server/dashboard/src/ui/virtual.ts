// Draws of a long list what is in sight.

import type { RefObject } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";
import { type Range, rangeOf } from "./range";

/** `list` scrolls by itself, or (`page`) with the page. */
export function useRange(list: RefObject<HTMLElement | null>, count: number, rowHeight: number, page: boolean): Range {
    const [range, setRange] = useState<Range>({ first: 0, end: Math.min(count, 60) });
    useLayoutEffect(() => {
        const element = list.current;
        if (!element) {
            return;
        }
        let frame = 0;
        const update = () => {
            frame = 0;
            const top = page ? -element.getBoundingClientRect().top : element.scrollTop;
            const next = rangeOf(top, page ? innerHeight : element.clientHeight, rowHeight, count);
            setRange((old) => (old.first === next.first && old.end === next.end ? old : next));
        };
        const soon = () => { frame ||= requestAnimationFrame(update); };
        const scroller: EventTarget = page ? window : element;
        scroller.addEventListener("scroll", soon, { passive: true });
        const sizes = new ResizeObserver(soon);
        sizes.observe(page ? document.documentElement : element);
        update();
        return () => { scroller.removeEventListener("scroll", soon); sizes.disconnect(); cancelAnimationFrame(frame); };
    }, [count, rowHeight, page]);
    return range;
}

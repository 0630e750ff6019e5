// The last durations of an image as a small picture, the oldest on the left.

import { duration } from "../data/format";

export function Spark({ durations, width = 96, height = 24 }: { durations: number[]; width?: number; height?: number }) {
    if (durations.length === 0) {
        return <span class="spark-none" aria-hidden="true" />;
    }
    const most = Math.max(...durations), newest = durations[durations.length - 1]!;
    const step = width / Math.max(10, durations.length), bar = step - 2;
    const words = `last ${durations.length} builds took ${duration(Math.min(...durations))} to ${duration(most)}, the newest ${duration(newest)}`;
    return (
        <svg class="spark" width={width} height={height} role="img" aria-label={words}>
            <title>{words}</title>
            {durations.map((ms, at) => {
                const size = Math.max(2, (ms / most) * height);
                const x = width - (durations.length - at) * step;
                return <rect key={at} class={at === durations.length - 1 ? "newest" : ""} x={x} y={height - size} width={bar} height={size} rx="1" />;
            })}
        </svg>
    );
}

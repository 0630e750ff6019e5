// Every state has a shape of its own: nobody needs the colour to tell them apart.

import type { ComponentChildren } from "preact";

const ring = <circle cx="8" cy="8" r="6.25" />;
const disc = <circle cx="8" cy="8" r="7" class="fill" />;

const SHAPES: Record<string, ComponentChildren> = {
    done: <>{disc}<path class="cut" d="M4.9 8.3l2.1 2.1 4.2-4.6" /></>,
    built: <>{ring}<path d="M5.2 8.3l1.9 1.9 3.7-4.1" /></>,
    unchanged: <>{ring}<path d="M5.4 6.7h5.2M5.4 9.3h5.2" /></>,
    running: <><circle cx="8" cy="8" r="6.25" class="faint" /><path class="spin" d="M8 1.75A6.25 6.25 0 0 1 14.25 8" /><circle cx="8" cy="8" r="2" class="fill" /></>,
    pushing: <>{ring}<path d="M8 11.2V5M5.4 7.4L8 4.8l2.6 2.6" /></>,
    waiting: <>{ring}<path d="M8 4.6V8l2.3 1.5" /></>,
    ready: <>{ring}<circle cx="8" cy="8" r="2.2" class="fill" /></>,
    failed: <><path class="fill" d="M5.1 1h5.8L15 5.1v5.8L10.9 15H5.1L1 10.9V5.1z" /><path class="cut" d="M5.6 5.6l4.8 4.8M10.4 5.6l-4.8 4.8" /></>,
    cancelled: <>{ring}<path d="M3.7 12.3l8.6-8.6" /></>,
    skipped: <path d="M3.5 4l4 4-4 4M8.5 4l4 4-4 4" />,
    superseded: <path d="M3 11.5V8a3 3 0 0 1 3-3h7M10.2 2.2L13 5l-2.8 2.8" />,
    owed: <><path class="fill" d="M8 1.2l7.2 13H.8z" /><path class="cut" d="M8 6v4M8 11.9v.2" /></>,
    removed: <><rect x="1.75" y="1.75" width="12.5" height="12.5" rx="2.5" /><path d="M5 8h6" /></>,
    unknown: <><circle cx="8" cy="8" r="6.25" stroke-dasharray="2.6 2.2" /></>,
    overview: <path d="M2 2h5v6H2zM9 2h5v3.5H9zM9 8h5v6H9zM2 10.5h5V14H2z" />,
    builds: <path d="M5.5 3.5H14M5.5 8H14M5.5 12.5H14M2 3.5h.6M2 8h.6M2 12.5h.6" />,
    images: <path d="M8 1.5l6 3.2v6.6l-6 3.2-6-3.2V4.7zM2 4.7l6 3.2 6-3.2M8 7.9v6.6" />,
    deliveries: <path d="M1.8 9h3.7l1 2h3l1-2h3.7M1.8 9l2-6h8.4l2 6v4.5H1.8z" />,
    engines: <path d="M2 2.5h12v4.5H2zM2 9h12v4.5H2zM4.5 4.7h.2M4.5 11.2h.2M8 4.7h3.5M8 11.2h3.5" />,
    explain: <><circle cx="8" cy="8" r="6.25" /><path d="M6 6.2A2 2 0 1 1 8.6 8.1c-.4.2-.6.5-.6.9M8 11.3v.2" /></>,
    search: <><circle cx="7" cy="7" r="4.5" /><path d="M10.4 10.4L14 14" /></>,
    theme: <><circle cx="8" cy="8" r="6.25" /><path class="fill" d="M8 1.75a6.25 6.25 0 0 1 0 12.5z" /></>,
    keys: <path d="M1.5 4h13v8h-13zM4 6.6h.2M6.6 6.6h.2M9.2 6.6h.2M11.8 6.6h.2M4.8 9.5h6.4" />,
    person: <><circle cx="8" cy="5" r="2.8" /><path d="M2.5 14c.6-3 2.7-4.5 5.5-4.5s4.9 1.5 5.5 4.5" /></>,
    again: <path d="M13.5 8a5.5 5.5 0 1 1-1.7-4M13.5 1.8V4.5h-2.7" />,
    stop: <rect x="3.5" y="3.5" width="9" height="9" rx="1.5" />,
    download: <path d="M8 2v8M4.8 7L8 10.2 11.2 7M2.5 13.5h11" />,
    follow: <path d="M8 2v9M4.3 7.5L8 11.2l3.7-3.7M3 14h10" />,
    up: <path d="M3.5 10L8 5.5l4.5 4.5" />,
    down: <path d="M3.5 6L8 10.5 12.5 6" />,
    close: <path d="M4 4l8 8M12 4l-8 8" />,
    arrow: <path d="M3 8h10M9.5 4.5L13 8l-3.5 3.5" />,
    sealed: <path d="M8 1.5l5.5 2v4.3c0 3.3-2.3 5.6-5.5 6.7-3.2-1.1-5.5-3.4-5.5-6.7V3.5zM5.4 8l1.9 1.9 3.3-3.7" />,
    copy: <path d="M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3" />,
};

export function Icon({ name, size = 16 }: { name: string; size?: number }) {
    return (
        <svg class="icon" width={size} height={size} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
            {SHAPES[name] ?? SHAPES.unknown}
        </svg>
    );
}

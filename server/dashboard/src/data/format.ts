// Values as people read them.

const SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR;

/** `0.4 s`, `12 s`, `3 m 05 s`, `2 h 10 m`, `3 d 4 h`. */
export function duration(ms: number): string {
    if (ms < 0) {
        return "0 s";
    }
    if (ms < 10 * SECOND) {
        return `${(ms / SECOND).toFixed(1)} s`;
    }
    const seconds = Math.floor(ms / SECOND);
    if (ms < MINUTE) {
        return `${seconds} s`;
    }
    const two = (number: number) => String(number).padStart(2, "0");
    if (ms < HOUR) {
        return `${Math.floor(ms / MINUTE)} m ${two(seconds % 60)} s`;
    }
    if (ms < DAY) {
        return `${Math.floor(ms / HOUR)} h ${two(Math.floor(ms / MINUTE) % 60)} m`;
    }
    return `${Math.floor(ms / DAY)} d ${Math.floor(ms / HOUR) % 24} h`;
}

/** `just now`, `5 min ago`, `in 2 min`, `3 h ago`, `yesterday`, `12 days ago`. */
export function relative(time: string, now: number): string {
    const ms = now - Date.parse(time);
    const [past, size] = ms >= 0 ? [true, ms] : [false, -ms];
    const text = size < 10 * SECOND ? "" : size < MINUTE ? `${Math.floor(size / SECOND)} s`
        : size < HOUR ? `${Math.floor(size / MINUTE)} min` : size < DAY ? `${Math.floor(size / HOUR)} h`
        : `${Math.floor(size / DAY)} day${size < 2 * DAY ? "" : "s"}`;
    return text === "" ? "just now" : past ? `${text} ago` : `in ${text}`;
}

export const between = (from: string | null, to: string | null, now: number): number | null =>
    from === null ? null : (to === null ? now : Date.parse(to)) - Date.parse(from);

/** `refs/heads/main` → `main`, `refs/tags/v1` → `v1`. */
export const shortRef = (ref: string | null): string => (ref ?? "").replace(/^refs\/(heads|tags)\//, "");

export const shortId = (id: string | null): string =>
    id === null || id === "" ? "" : /^0+$/.test(id) ? "nothing" : id.replace(/^sha256:/, "").slice(0, 9);

/** The tag of `registry:5000/team/name:tag`; empty where there is none. */
export function tagOf(reference: string): string {
    const name = reference.slice(reference.lastIndexOf("/") + 1);
    return name.includes(":") ? name.slice(name.indexOf(":") + 1) : "";
}

export function bytes(count: number): string {
    const units = ["B", "kB", "MB", "GB", "TB"];
    let unit = 0;
    while (count >= 1000 && unit < units.length - 1) {
        count /= 1000;
        unit += 1;
    }
    return `${count < 10 && unit > 0 ? count.toFixed(1) : Math.round(count)} ${units[unit]}`;
}

/** `1 step`, `2 steps`. */
export const counted = (count: number, noun: string): string => `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;

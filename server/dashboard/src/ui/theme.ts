import { signal } from "@preact/signals";

export type Theme = "auto" | "light" | "dark";

const NEXT: Record<Theme, Theme> = { auto: "light", light: "dark", dark: "auto" };

export const theme = signal<Theme>("auto");

/** Private windows may have no storage: the choice lasts as long as the page then. */
function stored(value?: Theme): string | null {
    try {
        value && localStorage.setItem("theme", value);
        return localStorage.getItem("theme");
    } catch {
        return null;
    }
}

function use(value: Theme): void {
    theme.value = value;
    document.documentElement.dataset.theme = value;
}

export function startTheme(): void {
    const known = stored();
    use(known === "light" || known === "dark" ? known : "auto");
}

export function nextTheme(): void {
    use(NEXT[theme.value]);
    stored(theme.value);
}

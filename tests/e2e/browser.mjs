// Chromium with what every test needs of it: pages that are signed in, that tell of every error, and that may not reach outside.

import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const here = dirname(fileURLToPath(import.meta.url));
export const artefacts = resolve(here, "../../build/tests/e2e");
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
];
const STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const PATIENCE_MS = 120_000;

/** What no page may ever do, over all tests. */
export const wrongs = [];

export async function startBrowser() {
    mkdirSync(artefacts, { recursive: true });
    return await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ARGUMENTS });
}

function watch(page, base) {
    page.on("pageerror", (error) => wrongs.push(`${page.url()}: ${error.message}`));
    page.on("console", (message) => {
        // A call that is refused is told of by the browser itself; tests of that look at the page.
        const isRefused = /Failed to load resource|net::ERR_/.test(message.text());
        if (message.type() === "error" && !isRefused) {
            wrongs.push(`${page.url()}: ${message.text()}`);
        }
    });
    page.on("request", (request) => {
        const url = request.url();
        if (!url.startsWith(base) && !url.startsWith("data:")) {
            wrongs.push(`${page.url()} asks for ${url}`);
        }
    });
}

/** A page of its own session. `state`: of a context that has signed in. */
export async function openPage(browser, base, { width = 1440, height = 900, theme = "light", state, ...more } = {}) {
    const context = await browser.newContext({ baseURL: base, viewport: { width, height }, colorScheme: theme, storageState: state, ...more });
    context.setDefaultTimeout(PATIENCE_MS);
    const page = await context.newPage();
    watch(page, base);
    return page;
}

export async function signIn(page, token) {
    const field = page.getByLabel("Token");
    await field.fill(token);
    await field.press("Enter");
    await page.locator("dialog").waitFor({ state: "detached" });
}

export async function shot(page, name) {
    await page.screenshot({ path: join(artefacts, `${name}.png`) });
}

/** What axe finds, as lines; none is right. */
export async function violations(page) {
    await page.evaluate(axe);
    const found = await page.evaluate(async (standards) => {
        const result = await window.axe.run(document, { runOnly: standards, rules: { "target-size": { enabled: true } } });
        return result.violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target}: ${failureSummary}`));
    }, STANDARDS);
    return found;
}

/** How far the page is wider than its window. */
export const overflow = (page) => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);

export async function until(find, what) {
    const end = Date.now() + PATIENCE_MS;
    for (;;) {
        const found = await find();
        if (found) {
            return found;
        }
        if (Date.now() > end) {
            throw new Error(`not within ${PATIENCE_MS / 1000} s: ${what}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
}

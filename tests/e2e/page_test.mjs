// The page in a real browser, over a real daemon with a real engine and registry.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openPage, overflow, shot, signIn, startBrowser, until, violations, wrongs } from "./browser.mjs";
import { startWorld } from "./world.mjs";

let world, browser, state;
const printed = [];

const MANY_LINES = "i=0; while [ $i -lt N ]; do i=$((i+1)); printf '\\033[36mstep %s\\033[0m of many\\n' $i; busybox sleep 0.05; done";
const lines = (count) => MANY_LINES.replace("N", count);
const ENDLESS = "while :; do echo still at it; busybox sleep 0.2; done";
const FAILING = `${lines(30)}\nprintf 'src/main.c:42:7: \\033[1;31merror:\\033[0m frobnicate undeclared\\n'\necho 'make: stopped'\nexit 2`;


/** A page of a browser that has signed in; any test may be the first one. */
async function signedIn(options = {}) {
    if (!state) {
        const page = await openPage(browser, world.url);
        await page.goto("/");
        await signIn(page, world.tokens.write);
        state = await page.context().storageState();
        await page.context().close();
    }
    return await openPage(browser, world.url, { state, ...options });
}

const finished = (build) => until(async () => {
    const found = await world.get(`/api/v1/builds/${build}`);
    return found.finished && found;
}, `the end of build ${build}`);
const push = async (files) => (await world.tell("push", { files })).build;

async function failedBuild() {
    const { builds } = await world.get("/api/v1/builds?state=failed");
    if (builds.length > 0) {
        return builds[0].id;
    }
    await world.tell("image", { folder: "worker", parent: "python", script: FAILING });
    return (await finished(await push({ "worker/app.txt": "broken" }))).id;
}

before(async () => {
    world = await startWorld();
    browser = await startBrowser();
    await world.tell("settle");
}, { timeout: 180_000 });

after(async () => {
    await browser?.close();
    await world?.stop();
    console.log(["figures:", ...printed].join("\n  "));
}, { timeout: 60_000 });

test("asks for a token, refuses a wrong one, and keeps who is signed in", async () => {
    const page = await openPage(browser, world.url);
    await page.goto("/");
    await page.getByRole("dialog").waitFor();
    await shot(page, "sign-in");
    assert.deepEqual(await violations(page), []);
    await page.getByLabel("Token").fill("no-such-token");
    await page.getByLabel("Token").press("Enter");
    await page.getByText("This token is not known").waitFor();
    await signIn(page, world.tokens.write);
    await page.getByRole("heading", { name: "All is pushed" }).waitFor();
    await page.reload();
    await page.getByRole("heading", { name: "All is pushed" }).waitFor();
    assert.equal(await page.locator("dialog").count(), 0);
    assert.equal(await page.evaluate(() => document.cookie), "", "no script can read the cookie");
    await page.context().close();
});

test("a push becomes an image while one watches", async () => {
    const page = await signedIn();
    await page.goto("/");
    await page.getByText("live", { exact: true }).waitFor();
    const mood = () => page.locator("link[rel=icon]").getAttribute("data-mood");
    await until(async () => await mood() === "fine", "the icon of a factory that rests");
    await world.tell("image", { folder: "api", parent: "python", script: lines(200) });
    const build = await push({ "base/release.txt": "second" });
    await page.getByRole("heading", { name: /^Building/ }).waitFor();
    assert.equal(await mood(), "running");
    assert.match(await page.title(), /^▸ /);
    await page.getByText(/of 10 steps done/).waitFor();
    await page.locator(".active").getByRole("link", { name: "api" }).waitFor();
    await shot(page, "live-overview");
    await page.getByRole("link", { name: `Build ${build}`, exact: true }).click();
    await page.locator(".node.is-building", { hasText: "api" }).waitFor();
    await shot(page, "live-build");
    await page.locator(".node.is-pushed", { hasText: "api" }).waitFor();
    await page.locator(".steps tr", { hasText: "api" }).getByText("signature").first().waitFor();
    await page.getByText("succeeded", { exact: true }).first().waitFor();
    await page.getByRole("status").filter({ hasText: `Build ${build} succeeded` }).waitFor();
    await page.goto("/images/images/api");
    const { digest } = await world.tell("digest", { image: "api" });
    await page.locator(`code[title="${digest}"]`).waitFor();
    await page.context().close();
});

test("a log is followed, left, and read to its end", async () => {
    const page = await signedIn();
    await world.tell("image", { folder: "frontend", parent: "node", script: lines(150) });
    const build = await push({ "frontend/app.txt": "more" });
    await page.goto(`/builds/${build}/steps/0`);
    const log = page.getByRole("log");
    await log.getByText("step 40").waitFor();
    const below = () => log.evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight);
    await until(async () => await below() < 60, "the newest line in sight");
    await shot(page, "live-log");
    await log.hover();
    await page.mouse.wheel(0, -400);
    await until(async () => await page.getByRole("button", { name: "Follow" }).getAttribute("aria-pressed") === "false", "no following");
    await page.keyboard.press("f");
    await log.getByText("step 150").waitFor();
    await page.locator(".head").getByText("pushed").waitFor();
    const text = await (await fetch(`${world.url}/api/v1/builds/${build}/steps/0/log`, { headers: { Authorization: `Bearer ${world.tokens.read}` } })).text();
    const shown = text.split("\n").length - 1;
    await page.getByText(`${shown} lines`).waitFor();
    await page.context().close();
});

test("a failure is one click from its line; lines have anchors, and are searched", async () => {
    const page = await signedIn();
    await world.tell("image", { folder: "worker", parent: "python", script: FAILING });
    const build = await push({ "worker/app.txt": "broken" });
    await page.goto(`/builds/${build}`);
    await page.getByRole("link", { name: "See the failing line" }).click();
    await page.locator(".line.is-target").getByText("frobnicate undeclared").waitFor();
    assert.equal(await page.locator(".line.is-target .c1.bold").textContent(), "error:");
    await shot(page, "failing-log");
    await page.keyboard.press("/");
    await page.keyboard.type("step 2");
    await page.getByText("1 of 11").waitFor();
    await page.keyboard.press("Enter");
    await page.getByText("2 of 11").waitFor();
    assert.match(await page.locator(".line.is-match").textContent(), /step 20/);
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Download" }).click()]);
    assert.match(download.suggestedFilename(), /^build-\d+-worker\.log$/);
    await page.goto(`/builds/${build}/steps/0#L5`);
    await page.locator(".line.is-target .line-number", { hasText: /^5$/ }).waitFor();
    await page.context().close();
});

test("what is owed is told, explained, retried, and gone with the next push", async () => {
    const page = await signedIn();
    await page.goto("/");
    await page.getByRole("heading", { name: /^Build \d+ failed$/ }).waitFor();
    await page.locator(".owed").getByRole("link", { name: "worker" }).click();
    await page.getByRole("link", { name: "Why?" }).click();
    await page.locator(".verdict").getByText("not built").waitFor();
    await shot(page, "explain");
    await world.tell("image", { folder: "worker", parent: "python", script: lines(2) });
    await world.tell("push", { files: { "worker/app.txt": "whole" }, deliver: false });
    await page.locator(".facts").getByRole("link", { name: /^Build/ }).first().click();
    await page.getByRole("button", { name: "Retry…" }).click();
    await page.locator(".preview").getByText("worker").waitFor();
    await shot(page, "retry");
    await page.getByRole("button", { name: "Retry", exact: true }).click();
    await page.getByText("succeeded", { exact: true }).first().waitFor();
    await page.goto("/images?show=owed");
    await page.getByRole("link", { name: "worker" }).waitFor();
    await finished(await push({ "worker/app.txt": "whole again" }));
    await page.getByText("No image is like that.").waitFor();
    await page.context().close();
});

test("a rebuild shows what it will do, and does it", async () => {
    const page = await signedIn();
    await page.goto("/images/images/tools");
    await page.getByText("Nothing was ever to be pushed").or(page.getByRole("button", { name: "Build…" })).first().waitFor();
    await page.goto("/builds");
    await page.getByRole("button", { name: "Build…" }).click();
    await page.getByLabel("Folders").fill("nginx\nnode");
    await page.getByLabel("Without the cache").check();
    await page.locator(".preview").getByText("2 images").waitFor();
    await page.locator(".preview").getByText("No layer of an earlier build is used.").waitFor();
    await shot(page, "rebuild");
    assert.deepEqual(await violations(page), []);
    await page.getByRole("button", { name: "Build", exact: true }).click();
    await page.waitForURL(/\/builds\/\d+$/);
    await page.locator(".node-name", { hasText: /^nginx$/ }).waitFor();
    const build = await finished(Number(new URL(page.url()).pathname.split("/")[2]));
    assert.deepEqual([build.state, build.no_cache], ["succeeded", true]);
    await page.context().close();
});

test("a delivery is replayed", async () => {
    const page = await signedIn();
    const { deliveries } = await world.get("/api/v1/deliveries?limit=1");
    await page.goto("/deliveries");
    await page.getByRole("button", { name: `Replay delivery ${deliveries[0].id}` }).click();
    await page.locator(".preview").getByText("What changed between").waitFor();
    await page.getByRole("button", { name: "Replay", exact: true }).click();
    await page.waitForURL(/\/builds\/\d+$/);
    const replayed = await finished(Number(new URL(page.url()).pathname.split("/")[2]));
    assert.equal(replayed.after, deliveries[0].after);
    await page.context().close();
});

test("a build is cancelled by the keyboard alone, and all views are reached by it", async () => {
    const page = await signedIn();
    await world.tell("image", { folder: "reports", parent: "python", script: ENDLESS });
    const build = await push({ "reports/app.txt": "endless" });
    await page.goto("/");
    await page.locator(".active").getByRole("link", { name: "reports" }).waitFor();
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keys" }).waitFor();
    await shot(page, "keys");
    await page.keyboard.press("Escape");
    for (const [key, heading] of [["i", "Images"], ["d", "Deliveries"], ["e", "Engines"], ["x", "Explain"], ["b", "Builds"]]) {
        await page.keyboard.press("g");
        await page.keyboard.press(key);
        await page.getByRole("heading", { level: 1, name: heading }).waitFor();
    }
    await page.getByRole("link", { name: `Build ${build}` }).waitFor();
    await page.keyboard.press("j");
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle + getComputedStyle(document.activeElement).outlineWidth);
    assert.equal(outline, "solid2px", "what has the focus is seen");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: `Build ${build}` }).waitFor();
    await page.locator(".node.is-building", { has: page.locator(".node-name", { hasText: /^reports$/ }) }).waitFor();
    await page.keyboard.press("c");
    const dialog = page.getByRole("dialog");
    await dialog.getByText(/Stopped while it runs: \d step/).waitFor();
    await shot(page, "cancel");
    for (let presses = 0; presses < 8; ++presses) {
        if (await page.evaluate(() => document.activeElement.id === "confirm")) {
            break;
        }
        await page.keyboard.press("Tab");
    }
    await page.keyboard.press("Enter");
    await dialog.waitFor({ state: "detached" });
    assert.equal((await finished(build)).state, "cancelled");
    await page.locator(".head").getByText("cancelled").waitFor();
    await page.keyboard.press("r");
    await dialog.waitFor();
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    await page.context().close();
});

test("who may only read is told so", async () => {
    const page = await openPage(browser, world.url);
    await page.goto("/deliveries");
    await page.getByRole("dialog").waitFor();
    await signIn(page, world.tokens.read);
    await page.getByRole("button", { name: /^Replay delivery/ }).first().click();
    await page.getByRole("dialog").getByText("Forbidden").waitFor();
    assert.ok(await page.locator("#confirm").isDisabled());
    await page.context().close();
});

test("a daemon that is away is told of, and found again", async () => {
    const page = await signedIn();
    await page.goto("/");
    await page.getByText("live", { exact: true }).waitFor();
    await world.tell("stop");
    await page.getByText("no answer: what you see is old").waitFor();
    assert.equal(await page.locator("link[rel=icon]").getAttribute("data-mood"), "unknown");
    await world.tell("start");
    await page.getByText("live", { exact: true }).waitFor();
    await page.context().close();
});

const VIEWS = {
    overview: "/", builds: "/builds", build: "/builds/LAST", log: "/builds/LAST/steps/0", images: "/images", image: "/images/images/worker",
    deliveries: "/deliveries", engines: "/engines", explain: "/explain?folder=worker&ref=main", nothing: "/builds/999999",
};

for (const theme of ["light", "dark"]) {
    for (const width of [360, 1440]) {
        test(`every view in the ${theme} at ${width} px: axe finds nothing, nothing is cut off`, async () => {
            const last = await failedBuild();
            const page = await signedIn({ theme, width, height: width === 360 ? 780 : 900 });
            for (const [name, path] of Object.entries(VIEWS)) {
                await page.goto(path.replace("LAST", last));
                await page.locator("h1").waitFor();
                await page.locator(".loading").waitFor({ state: "detached" });
                await shot(page, `${name}-${theme}-${width}`);
                assert.deepEqual(await violations(page), [], `${name}`);
                assert.ok(await overflow(page) <= 0, `${name} is wider than its window`);
            }
            await page.context().close();
        });
    }
}

test("the theme is chosen, and remembered", async () => {
    const page = await signedIn({ theme: "light" });
    await page.goto("/");
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await ground();
    await page.keyboard.press("t");
    await page.keyboard.press("t");
    assert.notEqual(await ground(), light);
    const dark = await ground();
    await page.reload();
    await page.locator("h1").waitFor();
    assert.equal(await ground(), dark);
    await page.context().close();
});

test("nothing moves where people want no motion", async () => {
    const page = await signedIn({ reducedMotion: "reduce" });
    await page.goto("/builds/1");
    await page.locator("h1").waitFor();
    const moving = await page.evaluate(() => document.getAnimations().length);
    assert.equal(moving, 0);
    await page.context().close();
});

test("a thousand images are there within a second, and stay smooth", async () => {
    const page = await openPage(browser, world.many);
    await page.goto("/images");
    await page.locator(".image-row").nth(5).waitFor();
    const took = [];
    for (let round = 0; round < 3; ++round) {
        await page.reload({ waitUntil: "commit" });
        took.push(await page.evaluate(() => new Promise((resolve) => {
            const look = () => (document.querySelectorAll(".image-row").length > 10 ? requestAnimationFrame(() => resolve(performance.now())) : requestAnimationFrame(look));
            look();
        })));
    }
    printed.push(`first view of ${world.images} images: ${Math.round(Math.min(...took))} ms (of ${took.map(Math.round).join(", ")})`);
    assert.ok(Math.min(...took) < 1000, `first view took ${took} ms`);
    await page.getByText(/^all [\d,]+$/).waitFor();
    assert.ok(await page.locator(".image-row").count() < 120, "only what is in sight is drawn");
    await shot(page, "many-images");
    printed.push(`scrolling ${world.images} images: ${await frames(page, "window")}`);
    await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
    await page.getByRole("link", { name: "web/image-0998" }).waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("platform 0040");
    await page.getByRole("link", { name: "platform/image-0040" }).waitFor();
    assert.equal(await page.locator(".image-row").count(), 2);
    assert.match(page.url(), /q=platform/);
    await page.context().close();
});

/** Scrolls through all of it; how long frames took. */
async function frames(page, what) {
    const times = await page.evaluate((what) => new Promise((resolve) => {
        const box = what === "window" ? document.scrollingElement : document.querySelector(what), took = [];
        let last = performance.now(), at = 0;
        const step = (now) => {
            took.push(now - last);
            last = now;
            box.scrollTop = (box.scrollHeight * ++at) / 90;
            at < 90 ? requestAnimationFrame(step) : resolve(took.slice(1));
        };
        requestAnimationFrame(step);
    }), what);
    const sorted = times.sort((a, b) => a - b);
    return `frames of ${sorted[45].toFixed(0)} ms in the middle, ${sorted[85].toFixed(0)} ms at the 95th percentile`;
}

test("a log of a hundred thousand lines opens at its failing line, and stays smooth", async () => {
    const page = await openPage(browser, world.many);
    const began = Date.now();
    await page.goto("/builds/10/steps/0");
    await page.locator(".line.is-target").getByText("'frobnicate' undeclared").waitFor();
    printed.push(`log of ${world.lines} lines at its failing line: ${Date.now() - began} ms`);
    assert.ok(await page.locator(".line").count() < 150, "only what is in sight is drawn");
    await shot(page, "many-lines");
    printed.push(`scrolling ${world.lines} lines: ${await frames(page, ".log")}`);
    const searched = Date.now();
    await page.keyboard.press("/");
    await page.keyboard.type("part_077777");
    await page.locator(".line.is-match").getByText("part_077777").waitFor();
    printed.push(`searched in ${Date.now() - searched} ms, with the typing`);
    await page.context().close();
});

test("the page is small, and asks for nothing from outside", async () => {
    const page = await openPage(browser, world.many);
    const session = await page.context().newCDPSession(page);
    await session.send("Network.enable");
    const sizes = new Map();
    const urls = new Map();
    session.on("Network.responseReceived", ({ requestId, response }) => urls.set(requestId, new URL(response.url).pathname));
    session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => sizes.set(urls.get(requestId), encodedDataLength));
    await page.goto("/", { waitUntil: "load" });
    await page.locator("h1").waitFor();
    await until(() => [...sizes.keys()].filter((path) => path?.startsWith("/assets/")).length === 2, "script and style");
    const all = [...sizes].filter(([path]) => path === "/" || path?.startsWith("/assets/")).reduce((sum, [, size]) => sum + size, 0);
    printed.push(`page: ${(all / 1000).toFixed(1)} kB over the wire`);
    assert.ok(all < 150_000);
    await page.context().close();
    assert.deepEqual(wrongs, []);
});

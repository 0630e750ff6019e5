// The frame around every view: where one can go, whether it is live, who is signed in.

import { effect } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { Actions, asked } from "./actions";
import { session, signInWanted, signOut } from "./data/api";
import { news } from "./data/events";
import { link, type Link, status } from "./data/live";
import type { Status } from "./data/types";
import { Help } from "./help";
import { addKeys, helpOpen, moveRow } from "./keys";
import { go, place } from "./router";
import { SignIn } from "./sign_in";
import { Button, Said, say, Title } from "./ui/basics";
import { Icon } from "./ui/icons";
import { nextTheme, theme } from "./ui/theme";
import { BuildView } from "./views/build";
import { Builds } from "./views/builds";
import { Deliveries } from "./views/deliveries";
import { Engines } from "./views/engines";
import { Explain } from "./views/explain";
import { ImageView } from "./views/image";
import { Images } from "./views/images";
import { LogView } from "./views/log";
import { Overview } from "./views/overview";

const VIEWS = [
    { path: "/", name: "Overview", icon: "overview", key: "o" },
    { path: "/builds", name: "Builds", icon: "builds", key: "b" },
    { path: "/images", name: "Images", icon: "images", key: "i" },
    { path: "/deliveries", name: "Deliveries", icon: "deliveries", key: "d" },
    { path: "/engines", name: "Engines", icon: "engines", key: "e" },
    { path: "/explain", name: "Explain", icon: "explain", key: "x" },
];

const LINKS: Record<Link, { word: string; icon: string; tone: string }> = {
    connecting: { word: "connecting", icon: "waiting", tone: "off" },
    live: { word: "live", icon: "ready", tone: "ok" },
    polling: { word: "live, by asking", icon: "ready", tone: "ok" },
    lost: { word: "no answer: what you see is old", icon: "owed", tone: "warn" },
};

/** What is no text in UTF-8 stays as it is. */
function decoded(part: string): string {
    try {
        return decodeURIComponent(part);
    } catch {
        return part;
    }
}

function view(path: string): ComponentChildren {
    const [first, second, ...rest] = path.split("/").slice(1).map(decoded);
    if (first === "builds" && second && rest[0] === "steps" && rest[1]) {
        return <LogView key={path} build={Number(second)} step={Number(rest[1])} />;
    }
    if (first === "builds" && second) {
        return <BuildView key={path} id={Number(second)} />;
    }
    if (first === "images" && second && rest.length > 0) {
        return <ImageView key={path} repository={second} folder={rest.join("/")} />;
    }
    switch (first) {
        case "": return <Overview />;
        case "builds": return <Builds />;
        case "images": return <Images />;
        case "deliveries": return <Deliveries />;
        case "engines": return <Engines />;
        case "explain": return <Explain />;
        default: return <Nothing />;
    }
}

function Nothing() {
    return <><Title text="There is nothing here" /><p>The address may be old. <a href="/">Go to the overview</a>.</p></>;
}

function Navigation() {
    const at = "/" + (place.value.path.split("/")[1] ?? "");
    return (
        <nav class="nav" aria-label="Views">
            {VIEWS.map(({ path, name, icon }) => (
                <a key={path} href={path} aria-current={at === path ? "page" : undefined}><Icon name={icon} /><span>{name}</span></a>
            ))}
        </nav>
    );
}

function Tools() {
    const state = LINKS[link.value], who = session.value;
    return (
        <div class="tools">
            <span class={`state tone-${state.tone} link`} role="status"><Icon name={state.icon} /><span>{state.word}</span></span>
            <div class="tool-buttons">
                <Button kind="quiet" icon="theme" label={`Theme: ${theme.value}`} onClick={nextTheme}><span class="only-wide">{theme.value}</span></Button>
                <Button kind="quiet" icon="keys" label="Keys" onClick={() => { helpOpen.value = true; }}><span class="only-wide">keys</span></Button>
                {who?.name
                    ? <Button kind="quiet" icon="person" label={`Signed in as ${who.name} (${who.role}): sign out`} onClick={() => void signOut()}><span class="only-wide">{who.name}</span></Button>
                    : <Button kind="quiet" icon="person" label="Sign in" onClick={() => { signInWanted.value = true; }}><span class="only-wide">sign in</span></Button>}
            </div>
            {status.value && <span class="version only-wide">slipway {status.value.version}</span>}
        </div>
    );
}

const GENERAL = [
    ...VIEWS.map(({ path, name, key }) => ({ keys: `g ${key}`, what: `go to ${name.toLowerCase()}`, run: () => go(path) })),
    { keys: "j", what: "next row", run: () => moveRow(1) },
    { keys: "k", what: "previous row", run: () => moveRow(-1) },
    { keys: "/", what: "search or filter", run: () => document.querySelector<HTMLElement>("main [data-search]")?.focus() },
    { keys: "t", what: "next theme", run: nextTheme },
    { keys: "?", what: "these keys", run: () => { helpOpen.value = true; } },
];

function tellNews(): () => void {
    let before: Status | null = null;
    return effect(() => {
        const after = status.value;
        if (after) {
            news(before, after).forEach(say);
            before = after;
        }
    });
}

export function Shell() {
    useEffect(() => addKeys(GENERAL), []);
    useEffect(tellNews, []);
    return (
        <>
            <a class="skip" href="#main">Skip to the content</a>
            <header class="bar">
                <a class="brand" href="/" aria-label="slipway: overview"><Brand /><span>slipway</span></a>
                <Navigation />
                <Tools />
            </header>
            <main id="main">{view(place.value.path)}</main>
            <Said />
            {asked.value && <Actions />}
            {helpOpen.value && <Help />}
            {signInWanted.value && <SignIn />}
        </>
    );
}

/** A hull on its slip. */
function Brand() {
    return (
        <svg width="28" height="28" viewBox="0 0 28 28" aria-hidden="true">
            <rect width="28" height="28" rx="7" class="brand-ground" />
            <path class="brand-hull" d="M5.5 12.5l17-3.5-2.2 6.7a3 3 0 0 1-2.2 2l-7.2 1.5a3 3 0 0 1-2.8-.9z" />
            <path class="brand-slip" d="M4.5 23l19-4.2" />
        </svg>
    );
}

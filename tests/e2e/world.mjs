// The world that the page is driven in: world.py with its daemons, registry and repositories.

import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));

export async function startWorld() {
    const child = spawn("python3", [join(here, "world.py")], { stdio: ["pipe", "pipe", "inherit"] });
    const ended = new Promise((resolve) => child.once("exit", resolve));
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const next = async () => {
        const { value, done } = await lines.next();
        if (done) {
            throw new Error("world.py ended; its words are above");
        }
        return JSON.parse(value);
    };
    const facts = await next();
    return {
        ...facts,
        /** One of world.py's commands, with its fields. */
        async tell(command, fields = {}) {
            child.stdin.write(JSON.stringify({ do: command, ...fields }) + "\n");
            return await next();
        },
        async get(path, base = facts.url) {
            const answer = await fetch(base + path, { headers: { Authorization: `Bearer ${facts.tokens.write}` } });
            return await answer.json();
        },
        async stop() {
            child.stdin.end();
            await ended;
        },
    };
}

// Runs tests/unit/server/dashboard: bundles each test, and gives them to node's own runner. Ends with `N passed, N failed`.

import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { esbuildOf, optionsFor } from "./bundle.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const tests = resolve(here, "../../tests/unit/server/dashboard");
const out = resolve(here, "../../build/tests/page");

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const entryPoints = readdirSync(tests).filter((name) => name.endsWith("_test.ts")).map((name) => join(tests, name));
esbuildOf(here).buildSync({ ...optionsFor(here), entryPoints, platform: "node", outdir: out, outExtension: { ".js": ".mjs" }, target: "node18" });
const files = readdirSync(out).filter((name) => name.endsWith(".mjs")).map((name) => join(out, name));
const done = spawnSync(process.execPath, ["--test", ...files], { encoding: "utf8" });
process.stdout.write(done.stdout + done.stderr);
const count = (what) => Number(new RegExp(`^(?:#|ℹ) ${what} (\\d+)$`, "m").exec(done.stdout)?.[1] ?? 0);
console.log(`${count("pass")} passed, ${count("fail")} failed`);
process.exit(done.status === 0 && count("pass") > 0 ? 0 : 1);

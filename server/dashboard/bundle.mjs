// Bundles the page: src/ into files whose names hold the hash of their content, and those into a C++ source.
// usage: node bundle.mjs FOLDER FILE.cpp; FOLDER has node_modules, and gets the bundled files beside them.

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, extname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const source = dirname(fileURLToPath(import.meta.url));
const TYPES = { ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".html": "text/html; charset=utf-8" };

/** What esbuild is told, here and in dev.mjs; `folder` has node_modules. */
export const optionsFor = (folder) => ({
    entryPoints: [join(source, "src/main.tsx")],
    bundle: true,
    format: "esm",
    target: ["chrome123", "firefox120", "safari17.5"],
    jsx: "automatic",
    jsxImportSource: "preact",
    nodePaths: [join(folder, "node_modules")],
    legalComments: "none",
    logLevel: "warning",
});

export const esbuildOf = (folder) => createRequire(join(folder, "package.json"))("esbuild");

/** The page itself, with the addresses of what it loads. */
export const pageWith = (script, style) =>
    readFileSync(join(source, "src/index.html"), "utf8").replace("{{script}}", script).replace("{{style}}", style);

const hashOf = (bytes) => createHash("sha256").update(bytes).digest("hex").slice(0, 16);

/** path, type, bytes, compressed. */
function asset(path, bytes) {
    const compressed = gzipSync(bytes, { level: 9 });
    return { path, type: TYPES[extname(path)] ?? TYPES[".html"], bytes, compressed };
}

async function bundle(folder) {
    const result = await esbuildOf(folder).build({ ...optionsFor(folder), minify: true, write: false, outdir: folder });
    const assets = result.outputFiles.map(({ path, contents }) => {
        const ending = extname(path);
        return asset(`/assets/${basename(path, ending)}-${hashOf(contents)}${ending}`, contents);
    });
    const addressOf = (ending) => assets.find(({ path }) => path.endsWith(ending)).path;
    return [asset("/", Buffer.from(pageWith(addressOf(".js"), addressOf(".css")))), ...assets];
}

const numbers = (bytes) => [...bytes].join(",").replace(/((?:\d+,){32})/g, "$1\n");

function sourceOf(assets) {
    const arrays = assets.map(({ compressed }, at) => `constexpr unsigned char bytes_${at}[] = {\n${numbers(compressed)}};\n`);
    const entries = assets.map(({ path, type, bytes }, at) =>
        `    {"${path}", "${type}", "${hashOf(bytes)}", {reinterpret_cast<const char*>(bytes_${at}), sizeof bytes_${at}}},`);
    return `// Made by server/dashboard/bundle.mjs.
#include "server/dashboard/assets.hpp"

namespace slipway::dashboard {
namespace {

${arrays.join("\n")}
const Asset all[] = {
${entries.join("\n")}
};

}  // namespace

std::span<const Asset> assets() {
    return all;
}

}  // namespace slipway::dashboard
`;
}

async function main([folder, file]) {
    const assets = await bundle(resolve(folder));
    const out = join(folder, "assets");
    rmSync(out, { recursive: true, force: true });
    mkdirSync(out, { recursive: true });
    assets.forEach(({ path, bytes }) => writeFileSync(join(out, path === "/" ? "index.html" : basename(path)), bytes));
    writeFileSync(file, sourceOf(assets));
    const sum = assets.reduce((all, { compressed }) => all + compressed.length, 0);
    console.log(`dashboard: ${assets.length} files, ${(sum / 1000).toFixed(1)} kB compressed`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
    await main(process.argv.slice(2));
}

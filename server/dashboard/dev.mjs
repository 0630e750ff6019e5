// While you work on the page: bundles at every load and passes the rest to a daemon.
// usage: npm run dev -- http://127.0.0.1:8080 [PORT]; SLIPWAY_TOKEN is sent along where it is set.

import { createServer, request } from "node:http";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { esbuildOf, optionsFor, pageWith } from "./bundle.mjs";

const folder = dirname(fileURLToPath(import.meta.url));
const [daemon = "http://127.0.0.1:8080", port = "8090"] = process.argv.slice(2);
const token = process.env.SLIPWAY_TOKEN;
let built = {};

async function page(response) {
    const result = await esbuildOf(folder).build({ ...optionsFor(folder), sourcemap: "inline", write: false, outdir: folder });
    built = Object.fromEntries(result.outputFiles.map(({ path, contents }) => [path.endsWith(".css") ? "/main.css" : "/main.js", contents]));
    response.writeHead(200, { "Content-Type": "text/html; charset=utf-8" }).end(pageWith("/main.js", "/main.css"));
}

function pass(from, response) {
    const headers = { ...from.headers, host: new URL(daemon).host, ...(token ? { authorization: `Bearer ${token}` } : {}) };
    delete headers.origin;
    const to = request(daemon + from.url, { method: from.method, headers }, (answer) => {
        response.writeHead(answer.statusCode, answer.headers);
        answer.pipe(response);
    });
    to.on("error", () => response.writeHead(502).end());
    response.on("close", () => to.destroy());
    from.pipe(to);
}

createServer((from, response) => {
    const path = new URL(from.url, "http://page").pathname;
    if (path in built) {
        response.writeHead(200, { "Content-Type": path.endsWith(".css") ? "text/css" : "text/javascript" }).end(built[path]);
    } else if (path.startsWith("/api/") || path.startsWith("/webhooks/")) {
        pass(from, response);
    } else {
        page(response).catch((error) => response.writeHead(500).end(String(error)));
    }
}).listen(Number(port), "127.0.0.1", () => console.log(`http://127.0.0.1:${port}`));

import { defineConfig } from "vite";

declare const process: { env: Record<string, string | undefined> };

export default defineConfig({
  define: { API_URL: JSON.stringify(process.env["API_URL"] ?? "http://localhost:5000") },
  esbuild: { target: "es2022" },
  server: { port: 5001 },
});

import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// `npm run dev` stands before a running `tidemill serve`; its address may be given in TIDEMILL_SERVER.
const server = process.env.TIDEMILL_SERVER ?? "http://127.0.0.1:7420";

export default defineConfig({
  plugins: [react()],
  build: {
    target: "es2022",
    // The page is served under a strict content security policy: fonts, workers and images stay files.
    assetsInlineLimit: 0,
    // Script preloading is done by the browser; the polyfill would be an inline script.
    modulePreload: { polyfill: false },
    // The layout engine of graphs is one large file; it is loaded only by pages with a graph.
    chunkSizeWarningLimit: 1700,
  },
  server: { proxy: { "/api": { target: server, changeOrigin: true } } },
  // Most tests are of plain functions; one that needs a document says so in its first line.
  test: { environment: "node", include: ["src/**/*.test.{ts,tsx}"] },
});

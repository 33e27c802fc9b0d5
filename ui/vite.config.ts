import react from "@vitejs/plugin-react";
import type { ProxyOptions } from "vite";
import { defineConfig } from "vitest/config";

// `npm run dev` stands before a running `tidemill serve`: its address may be given in TIDEMILL_SERVER, and the
// token, which stands in the file `token` of the home, in TIDEMILL_TOKEN.
const server = process.env.TIDEMILL_SERVER ?? "http://127.0.0.1:4600";
const token = process.env.TIDEMILL_TOKEN;

const api: ProxyOptions = {
  target: server,
  changeOrigin: true,
  ...(token ? { headers: { authorization: `Bearer ${token}` } } : {}),
  // The page's origin here is the development server's; the token says who asks.
  configure: (proxy) => {
    proxy.on("proxyReq", (request) => {
      request.removeHeader("origin");
      request.removeHeader("sec-fetch-site");
    });
  },
};

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
  server: { proxy: { "/api": api } },
  // Most tests are of plain functions; one that needs a document says so in its first line.
  test: { environment: "node", include: ["src/**/*.test.{ts,tsx}"] },
});

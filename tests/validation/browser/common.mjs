// What the checks in a browser share: packages from the validators' folder, Chromium, and a server of local files.
import { createServer } from 'node:http';
import { createReadStream, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

export const load = createRequire(path.join(process.env.VALIDATORS, 'package.json'));

const TYPES = {
  '.html': 'text/html; charset=utf-8', '.xhtml': 'application/xhtml+xml', '.css': 'text/css', '.js': 'text/javascript',
  '.mjs': 'text/javascript', '.json': 'application/json', '.svg': 'image/svg+xml', '.png': 'image/png',
  '.jpg': 'image/jpeg', '.jpeg': 'image/jpeg', '.gif': 'image/gif', '.webp': 'image/webp', '.woff2': 'font/woff2',
  '.wasm': 'application/wasm', '.xml': 'application/xml', '.epub': 'application/epub+zip', '.pdf': 'application/pdf',
};

export async function openBrowser() {
  const { chromium } = load('playwright-core');
  const args = ['--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1']; // nothing is fetched from elsewhere
  if (process.getuid?.() === 0) args.push('--no-sandbox');
  return chromium.launch({ executablePath: process.env.CHROMIUM, args });
}

// Serve folders under prefixes, `{'/': '/some/folder'}`, to this machine alone; `extra` gives pages that are no files.
export async function serve(folders, extra = {}) {
  const server = createServer((request, response) => {
    const name = decodeURIComponent(new URL(request.url, 'http://localhost').pathname);
    if (name in extra) {
      response.setHeader('content-type', 'text/html; charset=utf-8');
      response.end(extra[name]);
      return;
    }
    const prefix = Object.keys(folders).filter((start) => name.startsWith(start)).sort((a, b) => b.length - a.length)[0];
    let file = prefix === undefined ? '' : path.join(folders[prefix], name.slice(prefix.length));
    const kept = () => statSync(file, { throwIfNoEntry: false });
    if (file && kept()?.isDirectory()) file = path.join(file, 'index.html');
    if (!file || !kept()?.isFile()) {
      response.statusCode = 404;
      response.end();
      return;
    }
    response.setHeader('content-type', TYPES[path.extname(file)] ?? 'application/octet-stream');
    createReadStream(file).pipe(response);
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return { origin: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

// Run a task for each item, so many at a time, and keep the results in order.
export async function each(items, workers, task) {
  const results = new Array(items.length);
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const at = next++;
      results[at] = await task(items[at]);
    }
  };
  await Promise.all(Array.from({ length: workers }, worker));
  return results;
}

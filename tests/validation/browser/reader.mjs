// Open EPUB files in foliate-js, the engine of a reading app: reader.mjs BOOK…; prints, as JSON, what each gave.
//
// Every section is shown; every entry of the table of contents must lead to a place in one.
import path from 'node:path';
import { load, openBrowser, serve } from './common.mjs';

const PATIENCE_MS = 15_000; // for one section to be shown

const PAGE = `<!doctype html><meta charset="utf-8"><title>reader</title>
<body style="margin:0;height:100vh"><script type="module">
import '/foliate/view.js';
const within = (promise) => Promise.race([promise, new Promise((_, fail) => setTimeout(fail, ${PATIENCE_MS}, Error('not shown in time')))]);
globalThis.read = async (address) => {
  const view = document.createElement('foliate-view');
  document.body.append(view);
  await view.open(new File([await (await fetch(address)).arrayBuffer()], 'book.epub', { type: 'application/epub+zip' }));
  const found = { title: view.book.metadata.title, language: view.book.metadata.language, sections: 0, entries: 0, errors: [] };
  const anchors = new Map();
  for (const [index, section] of view.book.sections.entries()) {
    try {
      const shown = new Promise((done) => view.addEventListener('load', (event) => done(event.detail.doc), { once: true }));
      await within(view.goTo(index));
      const text = view.renderer.getContents().find((content) => content.index === index)?.doc ?? await within(shown);
      await within(Promise.all([...text.images].map((image) => image.complete || new Promise((done) => {
        image.loading = 'eager';
        image.addEventListener('load', done);
        image.addEventListener('error', done);
      }))));
      if (text.querySelector('parsererror')) found.errors.push(section.id + ': not well formed');
      if (!text.body.textContent.trim() && !text.images.length && !text.querySelector('svg')) found.errors.push(section.id + ': empty');
      for (const image of text.images) if (!image.naturalWidth) found.errors.push(section.id + ': no picture ' + image.src);
      anchors.set(index, new Set([...text.querySelectorAll('[id]')].map((element) => element.id)));
      found.sections++;
    } catch (error) { found.errors.push(section.id + ': ' + error.message); }
  }
  const walk = (entries) => { for (const entry of entries ?? []) {
    found.entries++;
    const target = entry.href && view.book.resolveHref(entry.href);
    const anchor = decodeURIComponent(entry.href?.split('#')[1] ?? '');
    if (!target || !anchors.has(target.index) || (anchor && !anchors.get(target.index).has(anchor)))
      found.errors.push('contents: ' + entry.label + ' leads nowhere');
    walk(entry.subitems);
  } };
  walk(view.book.toc);
  if (!found.entries) found.errors.push('no table of contents');
  view.close();
  view.remove();
  return found;
};
</script></body>`;

const books = process.argv.slice(2);
const folders = { '/foliate/': path.dirname(load.resolve('foliate-js/view.js')) };
books.forEach((book, index) => { folders[`/book/${index}/`] = path.dirname(book); });
const server = await serve(folders, { '/': PAGE });
const browser = await openBrowser();
const results = [];
for (const [index, book] of books.entries()) {
  const page = await browser.newPage();
  const errors = [];
  page.on('pageerror', (error) => errors.push(`script: ${error}`));
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(server.origin) && !/^(blob|data|about):/.test(url)) errors.push(`asks for ${url.slice(0, 200)}`);
  });
  try {
    await page.goto(server.origin);
    await page.waitForFunction(() => globalThis.read);
    const found = await page.evaluate(
      (address) => globalThis.read(address), `/book/${index}/${encodeURIComponent(path.basename(book))}`);
    results.push({ ...found, errors: [...found.errors, ...errors] });
  } catch (error) {
    results.push({ errors: [String(error).split('\n')[0], ...errors] });
  }
  await page.close();
}
await browser.close();
server.close();
console.log(JSON.stringify(results));

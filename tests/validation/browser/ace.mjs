// Run DAISY Ace over EPUB files, one after the other in one process: ace.mjs FOLDER BOOK…
//
// Prints, as JSON, each book's violations; Ace's own reports go below FOLDER.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { load } from './common.mjs';

process.env.PUPPETEER_EXECUTABLE_PATH = process.env.CHROMIUM;
process.env.ACE_TIMEOUT_INITIAL ??= '60000'; // Chromium starts late on a busy machine
const ace = load('@daisy/ace-core');
const runner = load('@daisy/ace-axe-runner-puppeteer');

const [folder, ...books] = process.argv.slice(2);
const results = [];
for (const [index, book] of books.entries()) {
  const outdir = path.join(folder, `${index + 1}-${path.basename(book, '.epub')}`);
  mkdirSync(outdir, { recursive: true });
  try {
    const [, report] = await ace(book, { cwd: process.cwd(), outdir, lang: 'en', silent: true, doNotReportMedia: true }, runner);
    const errors = report.assertions.flatMap((page) => page.assertions.map((found) => {
      const test = found['earl:test'];
      return `${test['earl:impact']} ${test['dct:title']} in ${page['earl:testSubject'].url}: ${found['earl:result']['dct:description']}`
        .replace(/\s+/g, ' ').slice(0, 400);
    }));
    results.push({ pages: report.assertions.length, outcome: report['earl:result']['earl:outcome'], errors });
  } catch (error) {
    results.push({ pages: 0, outcome: 'error', errors: [String(error?.message ?? error).split('\n')[0]] });
  }
}
process.stdout.write(`${JSON.stringify(results)}\n`, () => process.exit(0));

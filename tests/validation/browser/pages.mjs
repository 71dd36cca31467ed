// Look at HTML pages as readers do: pages.mjs FOLDER PAGE…; prints, as JSON, what was found on each page.
//
// Each page is opened once and shown in several views, in which axe-core, the keyboard, the width of the page and what
// paper would lose are tried. Anything that a page asks of another host, or in vain, is an error.
import { readFileSync } from 'node:fs';
import { each, load, openBrowser, serve } from './common.mjs';

const [folder, ...names] = process.argv.slice(2);
const AXE = readFileSync(load.resolve('axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
// Rules of axe that are never sure of anything on these pages: there are no styles that turn them, no hidden text.
const OFF = { 'css-orientation-lock': { enabled: false }, 'hidden-content': { enabled: false } };
// What can differ between two views of one tree: colours; and sizes, what scrolls, what is hidden.
const COLOURS = ['color-contrast', 'link-in-text-block'];
const LAYOUT = [
  'target-size', 'scrollable-region-focusable', 'aria-hidden-focus', 'skip-link', 'meta-viewport', 'region',
  'landmark-unique', 'page-has-heading-one', 'bypass',
];
// A page of more elements than this is shown in two views, desktop in light and phone in dark colours: the two others
// are tried on the smaller pages, which have the same sheet and frame.
const MANY = 2500;
const DESKTOP = { width: 1280, height: 900 };
const PHONE = { width: 390, height: 844 };
const ZOOMED = { width: 640, height: 450 }; // 1280 × 900 at 200 %
const NARROW = { width: 320, height: 640 }; // WCAG 1.4.10
const PAPER = { width: 642, height: 900 }; // 170 mm, the text of an A4 page
const MAX_TABS = 16; // presses of Tab on a page; every stop is also given the focus by script

async function look(browser, origin, name) {
  const found = { page: name, errors: [], warnings: [], counts: {} };
  const say = (check, text) => found.errors.push({ check, text });
  const context = await browser.newContext({ viewport: DESKTOP, colorScheme: 'light', reducedMotion: 'reduce' });
  const page = await context.newPage();
  watch(page, origin, say);
  try {
    await page.goto(`${origin}/${name.split('/').map(encodeURIComponent).join('/')}`, { waitUntil: 'load' });
    await page.evaluate(() => document.fonts.ready);
    await keyboard(page, say, found);
    await page.evaluate(AXE);
    await page.evaluate(hidePointerAids);
    const rules = (values) => ({ runOnly: { type: 'rule', values } });
    const many = await page.evaluate(() => document.querySelectorAll('*').length) > MANY;
    await axe(page, 'desktop, light', { runOnly: { type: 'tag', values: TAGS }, rules: OFF }, found);
    await page.emulateMedia({ colorScheme: 'dark' });
    if (!many) await axe(page, 'desktop, dark', rules(COLOURS), found);
    await page.setViewportSize(PHONE);
    await axe(page, 'phone, dark', rules([...COLOURS, ...LAYOUT]), found);
    await page.emulateMedia({ colorScheme: 'light' });
    if (!many) await axe(page, 'phone, light', rules(COLOURS), found);
    await page.setViewportSize(DESKTOP);
    await page.emulateMedia({ forcedColors: 'active' });
    for (const text of await page.evaluate(marksWithoutColour)) say('colours', text);
    await page.emulateMedia({ forcedColors: 'none' });
    await reflow(page, say);
    await page.setViewportSize(PAPER);
    const seen = await page.evaluate(rememberVisible);
    await page.emulateMedia({ media: 'print' });
    for (const text of await page.evaluate(lostOnPaper)) say('print', text);
    found.counts.print = seen;
  } catch (error) {
    say('page', String(error).split('\n')[0]);
  }
  await context.close();
  return found;
}

// ---- the network ------------------------------------------------------------

function watch(page, origin, say) {
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(`${origin}/`) && !url.startsWith('data:') && !url.startsWith('blob:')) {
      say('network', `asks for ${url.slice(0, 200)}`);
    }
  });
  page.on('response', (response) => {
    if (response.status() >= 400 && !response.url().endsWith('/favicon.ico')) {
      say('network', `asks in vain for ${response.url().slice(origin.length)}`);
    }
  });
  page.on('pageerror', (error) => say('page', `script: ${error}`));
  page.on('console', (message) => {
    const where = message.location().url ?? '';
    if (message.type() === 'error' && !where.endsWith('/favicon.ico')) say('page', `console: ${message.text()}`);
  });
}

// ---- axe-core ---------------------------------------------------------------

// Marks that only the pointer meets lie over text, so that axe would not decide its contrast.
function hidePointerAids() {
  for (const aid of document.querySelectorAll('main a[aria-hidden=true]')) aid.style.display = 'none';
}

async function axe(page, view, options, found) {
  const run = (settings) => globalThis.axe.run(document, settings);
  const result = await page.evaluate(run, { ...options, preload: false, resultTypes: ['violations', 'incomplete'] });
  for (const violation of result.violations) {
    const where = violation.nodes.slice(0, 3).map((node) => node.html.replace(/\s+/g, ' ').slice(0, 160)).join(' | ');
    const text = `${violation.id} × ${violation.nodes.length} (${view}): ${violation.help}: ${where}`;
    found.errors.push({ check: 'axe', text });
  }
  for (const doubt of result.incomplete) {
    const reasons = [...new Set(doubt.nodes.flatMap((node) => [...node.any, ...node.all, ...node.none]
      .map((part) => part.data?.messageKey ?? part.id)))];
    found.warnings.push({ check: 'axe', text: `${doubt.id} × ${doubt.nodes.length} undecided (${reasons.join(', ')})` });
  }
  found.counts.axe = (found.counts.axe ?? 0) + result.passes.length + result.violations.length;
}

// ---- the keyboard -----------------------------------------------------------

// Press Tab through the page: every stop must be reached, in order, and look focused when it is.
async function keyboard(page, say, found) {
  const stops = await page.evaluate(listStops);
  found.counts.keyboard = stops.length;
  const taken = await page.evaluate(() => document.querySelector('main')?.contains(document.activeElement) ?? false);
  if (!taken) await skipHeader(page, say); // else the page itself brought the keyboard past it, to its search field
  await page.evaluate(() => { document.activeElement?.blur?.(); scrollTo(0, 0); });
  for (const text of await page.evaluate(focusAll)) say('keyboard', text);
  await walk(page, stops.length, say);
}

async function skipHeader(page, say) {
  const first = await page.evaluate(() => document.querySelector('a[href]')?.getAttribute('href') ?? '');
  await page.keyboard.press('Tab');
  const skip = await page.evaluate(() => {
    const link = document.activeElement;
    const box = link.getBoundingClientRect();
    return { target: link.getAttribute?.('href') ?? '', seen: box.top >= 0 && box.left >= 0 && box.width > 1 && box.height > 1 };
  });
  if (!first.startsWith('#') || skip.target !== first) say('keyboard', 'the first stop is no link past the header');
  else if (!skip.seen) say('keyboard', 'the link past the header stays out of sight when it has the focus');
  else {
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    const inside = await page.evaluate((target) => {
      const main = document.querySelector(target);
      if (!main) return false;
      const at = document.activeElement;
      return !main.querySelector('a[href], button, [tabindex="0"], summary, input')
        || main.contains(at) || main.compareDocumentPosition(at) === Node.DOCUMENT_POSITION_FOLLOWING;
    }, `[id=${JSON.stringify(decodeURIComponent(first.slice(1)))}]`);
    if (!inside) say('keyboard', `after ${first} the next stop is not in the text`);
  }
}

function listStops() {
  const all = document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex]');
  const stops = [...all].filter((element) => element.tabIndex >= 0 && !element.disabled && element.checkVisibility());
  globalThis.millesimeStops = stops;
  for (const element of all) {
    if (element.tabIndex > 0) return [{ wrong: 'tabindex above 0' }];
  }
  return stops.map((element) => element.tagName);
}

// Give the focus to every stop as the keyboard would, and see whether its looks change.
function focusAll() {
  const looks = (element) => {
    const style = getComputedStyle(element);
    const inner = element.querySelector?.('.reach') ? getComputedStyle(element.querySelector('.reach')) : null;
    return [
      style.outlineStyle === 'none' ? '' : `${style.outlineWidth} ${style.outlineColor}`, style.boxShadow,
      style.backgroundColor, style.borderColor, inner?.stroke, inner?.fill,
    ].join(';');
  };
  const wrong = [];
  const resting = globalThis.millesimeStops.map(looks);
  for (const [index, element] of globalThis.millesimeStops.entries()) {
    element.focus({ focusVisible: true, preventScroll: true });
    const name = `${element.outerHTML.replace(/\s+/g, ' ').slice(0, 120)}`;
    if (document.activeElement !== element) wrong.push(`cannot take the focus: ${name}`);
    else if (looks(element) === resting[index]) wrong.push(`looks the same with the focus: ${name}`);
  }
  document.activeElement?.blur?.();
  return wrong;
}

// Real presses of Tab from the top, on the first stops and, from there on, on the last: they come in order.
async function walk(page, count, say) {
  const press = async (from, presses) => {
    await page.evaluate((index) => {
      globalThis.millesimeStops[index - 1]?.focus({ preventScroll: true });
    }, from);
    for (let step = 0; step < presses; step++) {
      await page.keyboard.press('Tab');
      const at = await page.evaluate(() => globalThis.millesimeStops.indexOf(document.activeElement));
      if (at !== from + step) {
        say('keyboard', `Tab number ${from + step + 1} leads to stop ${at + 1}`);
        return;
      }
    }
  };
  if (count <= MAX_TABS) return press(1, count - 1);
  await press(1, MAX_TABS / 2);
  return press(count - MAX_TABS / 2, MAX_TABS / 2);
}

// ---- colours that the reader chose ------------------------------------------

// Where the reader's system decides the colours, marks must still be told by lines.
function marksWithoutColour() {
  const wrong = [];
  for (const element of document.querySelectorAll('main ins, main del')) {
    const said = element.querySelector('.change-sign, .change-label') ?? element.closest('.change-sign, .change-label');
    if (!element.checkVisibility() || !element.textContent.trim() || said) continue;
    const line = (node) => getComputedStyle(node).textDecorationLine !== 'none'
      || ['Left', 'Bottom', 'Top'].some((side) => parseFloat(getComputedStyle(node)[`border${side}Width`]) > 0);
    if (![element, ...element.querySelectorAll('*')].some(line)) {
      wrong.push(`only colour marks ${element.outerHTML.replace(/\s+/g, ' ').slice(0, 120)}`);
    }
  }
  for (const element of document.querySelectorAll('main *')) {
    if (getComputedStyle(element).forcedColorAdjust === 'none' && !element.closest('svg')) {
      wrong.push(`overrides the reader's colours: ${element.outerHTML.slice(0, 120)}`);
    }
  }
  return wrong;
}

// ---- narrow windows, large type ----------------------------------------------

async function reflow(page, say) {
  for (const [view, size] of [['200 % zoom', ZOOMED], ['320 px', NARROW]]) {
    await page.setViewportSize(size);
    for (const text of await page.evaluate(tooWide)) say('reflow', `${view}: ${text}`);
  }
  await page.setViewportSize(DESKTOP);
  await page.evaluate(() => { document.documentElement.style.fontSize = '225%'; }); // twice what the sheet asks for
  for (const text of await page.evaluate(tooWide)) say('reflow', `type twice as large: ${text}`);
  await page.evaluate(() => { document.documentElement.style.fontSize = ''; });
}

function tooWide() {
  const wrong = [];
  const root = document.scrollingElement;
  if (root.scrollWidth > root.clientWidth + 1) {
    const wide = [...document.querySelectorAll('body *')].filter((element) => {
      if (element.getBoundingClientRect().right <= root.clientWidth + 1) return false;
      for (let at = element.parentElement; at; at = at.parentElement) {
        if (getComputedStyle(at).overflowX !== 'visible' && at !== document.documentElement && at !== document.body) return false;
      }
      return true;
    });
    const worst = wide.at(-1)?.outerHTML.replace(/\s+/g, ' ').slice(0, 160) ?? '';
    wrong.push(`the page is ${root.scrollWidth} px wide in ${root.clientWidth}: ${worst}`);
  }
  for (const element of document.querySelectorAll('body *')) {
    const style = getComputedStyle(element);
    const cut = ['hidden', 'clip'].includes(style.overflowX) && element.scrollWidth > element.clientWidth + 2
      && element.clientWidth > 2 && element.textContent.trim() && !element.closest('svg, math');
    if (cut) wrong.push(`cuts its text: ${element.outerHTML.replace(/\s+/g, ' ').slice(0, 160)}`);
    const scrolls = ['auto', 'scroll'].includes(style.overflowX) && element.scrollWidth > element.clientWidth + 1;
    if (scrolls && element.tabIndex < 0 && !element.querySelector('a[href], button, [tabindex="0"]')) {
      wrong.push(`scrolls, but not with the keyboard: ${element.outerHTML.replace(/\s+/g, ' ').slice(0, 160)}`);
    }
  }
  return wrong;
}

// ---- paper --------------------------------------------------------------------

function rememberVisible() {
  const holders = [...document.querySelectorAll('main *')].filter((element) => element.checkVisibility()
    && [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim())
    && !element.closest('[aria-hidden=true], nav, button, input, form, [role=status], .cover-start'));
  globalThis.millesimeShown = holders;
  return holders.length;
}

// What was on the screen and is not on paper, or is cut by what would scroll there.
function lostOnPaper() {
  const wrong = [];
  for (const element of globalThis.millesimeShown) {
    if (!element.checkVisibility()) wrong.push(`not on paper: ${element.outerHTML.replace(/\s+/g, ' ').slice(0, 160)}`);
  }
  for (const element of document.querySelectorAll('main *')) {
    const style = getComputedStyle(element);
    const cuts = (size, full, overflow) => overflow !== 'visible' && full > size + 2 && size > 2;
    if (element.closest('svg, math') || !element.textContent.trim()) continue;
    if (cuts(element.clientWidth, element.scrollWidth, style.overflowX)
        || cuts(element.clientHeight, element.scrollHeight, style.overflowY)) {
      wrong.push(`cut on paper: ${element.outerHTML.replace(/\s+/g, ' ').slice(0, 160)}`);
    }
  }
  return wrong;
}

const server = await serve({ '/': folder });
const browser = await openBrowser();
const results = await each(names, 2, (name) => look(browser, server.origin, name));
await browser.close();
server.close();
console.log(JSON.stringify(results));

/* The search page: asks the index that lies beside it, and nobody else. */
"use strict";

const form = document.getElementById("search-form");
const words = document.getElementById("search-words");
const edition = document.getElementById("search-edition");
const statusLine = document.getElementById("search-status");
const list = document.getElementById("search-results");
const more = document.getElementById("search-more");
const labels = JSON.parse(document.getElementById("search-labels").textContent);
const PAGE = 10;
let results = [];
let asked = 0;

function element(name, attributes, ...children) {
  const made = document.createElement(name);
  Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
  made.append(...children);
  return made;
}

/* The index parts "l’eau" and writes "oeuvre", so that words are found (search_words.py): put back what was printed. */
const LIGATURES = { oe: "œ", Oe: "Œ", ae: "æ", Ae: "Æ" };
function typeset(text) {
  return text.replace(/’\u2060\s?/g, "’")
    .replace(/([oOaA])\u2060e/g, (_, letter) => LIGATURES[`${letter}e`]);
}

/* A question in the words of the index: "l'eau" asks for "eau", "œuvre" for "oeuvre". */
const ELIDED = /(^|[\s(«"-])(?:[cdjlmnstç]|qu|jusqu|lorsqu|puisqu|quoiqu|all|coll|dall|dell|nell|sull|quest|quell)[’'](?=[\p{L}\p{N}])/giu;
function asQuery(text) {
  return text.replace(ELIDED, "$1").replace(/[œŒ]/g, "oe").replace(/[æÆ]/g, "ae").replace(/\u2011/g, "-");
}

/* Excerpts come with <mark> around what was found, and nothing else: they are read as text all the same. */
function excerpt(html) {
  const parts = html.split(/<\/?mark>/);
  const decode = (text) => typeset(new DOMParser().parseFromString(`<body>${text}`, "text/html").body.textContent);
  return parts.map((part, index) => (index % 2 ? element("mark", {}, decode(part)) : decode(part)));
}

function address(url) {
  const found = new URL(url, document.baseURI);
  found.searchParams.delete("highlight");
  return found.href;
}

async function show(number) {
  const page = await Promise.all(results.slice(list.children.length, number).map((result) => result.data()));
  page.forEach((data) => {
    const item = element("li", {}, element("h2", {}, element("a", { href: address(data.url) }, typeset(data.meta.title))));
    if (data.meta.edition) item.append(element("p", { class: "result-edition" }, labels.edition.replace("{name}", data.meta.edition)));
    item.append(element("p", {}, ...excerpt(data.excerpt)));
    const places = data.sub_results.filter((place) => place.url !== data.url).slice(0, 4);
    if (places.length) {
      item.append(element("ul", {}, ...places.map((place) => element("li", {}, element("a", { href: address(place.url) }, typeset(place.title))))));
    }
    list.append(item);
  });
  more.hidden = list.children.length >= results.length;
}

async function search(pagefind) {
  const mine = ++asked;
  const query = asQuery(words.value.trim());
  const found = query ? await pagefind.search(query, edition.value ? { filters: { edition: edition.value } } : {}) : null;
  if (mine !== asked) return;
  list.replaceChildren();
  results = found ? found.results : [];
  more.hidden = true;
  statusLine.textContent = !found ? "" : results.length === 0 ? labels.none
    : results.length === 1 ? labels.one : labels.found.replace("{count}", String(results.length));
  await show(PAGE);
}

async function begin() {
  const asked_for = new URLSearchParams(location.search);
  let pagefind;
  try {
    pagefind = await import(new URL("../pagefind/pagefind.js", document.baseURI).href);
    await pagefind.options({ baseUrl: new URL("..", document.baseURI).pathname, excerptLength: 28 });
    await pagefind.init();
  } catch {
    statusLine.textContent = labels.failed;
    return;
  }
  form.hidden = false;
  if (asked_for.get("q")) words.value = asked_for.get("q");
  if (asked_for.has("edition")) edition.value = asked_for.get("edition");
  let waiting;
  const soon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => search(pagefind), 200);
  };
  words.addEventListener("input", soon);
  edition.addEventListener("change", soon);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    search(pagefind);
  });
  more.addEventListener("click", () => show(list.children.length + PAGE));
  if (words.value) await search(pagefind);
  words.focus();
}

begin();

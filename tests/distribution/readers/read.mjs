// Reads JSON lines {kind, text} and prints, for each, what the parsers of Thorium Reader make of it, as a line of JSON.
// kind: "opds1" (Atom, converted to OPDS 2.0 as Thorium does), "opds2", "webpub".
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const require = createRequire(import.meta.url);
const opds = "r2-opds-js/dist/es8-es2017/src/opds";
const shared = "r2-shared-js/dist/es8-es2017/src";
const { DOMParser } = require("@xmldom/xmldom");
const { TaJsonDeserialize, TaJsonSerialize } = require("r2-lcp-js/dist/es8-es2017/src/serializable");
const { XML } = require("r2-utils-js/dist/es8-es2017/src/_utils/xml-js-mapper");
const { initGlobalConverters_OPDS } = require(`${opds}/init-globals`);
const { initGlobalConverters_GENERIC, initGlobalConverters_SHARED } = require(`${shared}/init-globals`);
const { convertOpds1ToOpds2 } = require(`${opds}/converter`);
const { OPDS } = require(`${opds}/opds1/opds`);
const { OPDSFeed } = require(`${opds}/opds2/opds2`);
const { Publication } = require(`${shared}/models/publication`);

initGlobalConverters_OPDS();
initGlobalConverters_SHARED();
initGlobalConverters_GENERIC();
console.warn = () => {};

const READ = {
  opds1: (text) => convertOpds1ToOpds2(XML.deserialize(new DOMParser().parseFromString(text, "application/xml"), OPDS)),
  opds2: (text) => TaJsonDeserialize(JSON.parse(text), OPDSFeed),
  webpub: (text) => TaJsonDeserialize(JSON.parse(text), Publication),
};

const print = process.stdout.write.bind(process.stdout);
console.log = () => {};  // what the parsers have to say
for (const line of readFileSync(0, "utf8").split("\n").filter(Boolean)) {
  const { kind, text } = JSON.parse(line);
  print(JSON.stringify(TaJsonSerialize(READ[kind](text))) + "\n");
}

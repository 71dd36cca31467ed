// htmldiff.js MODULE OLD NEW: the difference of two HTML files by htmldiff-js; what reading them took is left out.
const fs = require("fs");
const [module_, old, new_] = process.argv.slice(2);
const diff = require(module_).default;
const [before, after] = [old, new_].map((path) => fs.readFileSync(path, "utf8"));
const start = process.cpuUsage();
const result = diff.execute(before, after);
const used = process.cpuUsage(start);
fs.writeFileSync(process.env.BENCH_REPORT, JSON.stringify({ cpu_s: (used.user + used.system) / 1e6 }));
process.stdout.write(result);

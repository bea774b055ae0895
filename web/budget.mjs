// What a page may weigh, gzipped as a server would: the worst minute may come with a bad network.
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const KB = 1024;
const BUDGET = {
  "HTML and style": 16 * KB,
  "scripts at once": 24 * KB,
  "scripts later": 22 * KB,
};
/** With the answers of the API that a page asks for, the first of which has a test of its own:
 * tests/integration/test_overview.py. */
const MOST_REQUESTS = 8;
const API_ANSWERS = { deployments: 2 };

const linked = (html, pattern) => [...html.matchAll(pattern)].map((match) => match[1].slice(1));

async function zipped(folder, names) {
  const contents = await Promise.all(names.map((name) => readFile(join(folder, name))));
  return contents.reduce((sum, content) => sum + gzipSync(content, { level: 9 }).length, 0);
}

async function weighPage(folder, name) {
  const file = `admin/${name}.html`;
  const html = await readFile(join(folder, file), "utf8");
  const styles = linked(html, /<link rel="stylesheet" href="([^"]+)"/g);
  const scripts = linked(html, /<(?:script type="module" src|link rel="modulepreload" href)="([^"]+)"/g);
  const own = (await readdir(join(folder, "assets"))).filter((one) => one.startsWith(`${name}-`));
  const later = own.map((one) => `assets/${one}`).filter((one) => !scripts.includes(one));
  return {
    requests: 1 + styles.length + scripts.length + later.length + (API_ANSWERS[name] ?? 1),
    "HTML and style": await zipped(folder, [file, ...styles]),
    "scripts at once": await zipped(folder, scripts),
    "scripts later": await zipped(folder, later),
  };
}

/** Of what was built into a folder: a line for each page, and what is over its budget. */
export async function weigh(folder) {
  const lines = [];
  const over = [];
  for (const file of (await readdir(join(folder, "admin"))).sort()) {
    const name = file.replace(/\.html$/, "");
    const weight = await weighPage(folder, name);
    const parts = Object.keys(BUDGET).map((part) => `${part} ${(weight[part] / KB).toFixed(1)} KB`);
    lines.push(`${name}: ${parts.join(", ")}, ${weight.requests} requests`);
    for (const [part, most] of Object.entries(BUDGET)) {
      if (weight[part] > most) over.push(`${name}: ${part} ${weight[part]} bytes, ${most} at most`);
    }
    if (weight.requests > MOST_REQUESTS) {
      over.push(`${name}: ${weight.requests} requests, ${MOST_REQUESTS} at most`);
    }
  }
  return { lines, over };
}

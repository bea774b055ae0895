// Builds public/admin/ and public/assets/, whose files are committed: who clones or deploys the project
// needs no Node for them.
//   node build.mjs           writes both folders anew
//   node build.mjs --watch   and again after each change here
//   node build.mjs --check   builds into a temporary folder, fails if that differs from what is
//                            committed or is over budget, and prints what each page weighs
import { createHash } from "node:crypto";
import { cp, mkdir, mkdtemp, readFile, readdir, rm, watch, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { weigh } from "./budget.mjs";
import { PAGES } from "./pages/pages.mjs";
import { pageOf } from "./pages/shell.mjs";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const PUBLIC = fileURLToPath(new URL("../public/", import.meta.url));
/** What is built, and nothing else is in these. */
const FOLDERS = ["admin", "assets"];
const UI = "/assets/vendor/ui.js";
/** Whose code is in the built files. */
const DRAWING = ["d3-scale", "d3-shape", "d3-array", "d3-color", "d3-format", "d3-interpolate", "d3-path"];
const OF_D3 = [...DRAWING, "d3-time", "d3-time-format", "internmap"];
const SHIPPED = ["preact", "@preact/signals", "@preact/signals-core", "htm", "bootstrap", ...OF_D3];
const TOOLS = ["esbuild", "sass"];
/** The oldest browsers that the dashboard supports. */
const BROWSERS = ["safari16", "ios16", "chrome103", "firefox100"];
const COMMON = {
  absWorkingDir: HERE,
  bundle: true,
  format: "esm",
  minify: true,
  target: BROWSERS,
  legalComments: "none", // LICENSES.txt holds them in full
};

async function tools() {
  try {
    const [{ build, transform }, sass] = await Promise.all([import("esbuild"), import("sass")]);
    return { build, transform, sass };
  } catch (error) {
    if (error.code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new Error("The libraries are not installed. Run: npm ci --prefix web");
  }
}

function bundleLibraries({ build }, assets) {
  return build({
    ...COMMON,
    entryPoints: [join(HERE, "ui.mjs")],
    outfile: join(assets, "vendor", "ui.js"),
    banner: { js: "/* Preact, signals and htm. Licences: LICENSES.txt */" },
  });
}

/** One file for each page; what it imports when it runs becomes a file of its own. Returns the
 * scripts that the page needs at once. */
async function bundlePage({ build }, assets, { name }) {
  const { metafile } = await build({
    ...COMMON,
    entryPoints: [join(HERE, "admin", `${name}.js`)],
    outdir: assets,
    chunkNames: `${name}-[name]`, // no hash: an open page finds them after the next deployment
    splitting: true,
    external: [UI],
    metafile: true,
  });
  const [entry] = Object.values(metafile.outputs).filter((output) => output.entryPoint);
  const imported = entry.imports.filter((one) => one.kind === "import-statement");
  const paths = imported.map((one) => (one.external ? one.path : `/assets/${basename(one.path)}`));
  return [...new Set(paths)];
}

async function compileStyle({ sass, transform }, assets) {
  const { css } = sass.compile(join(HERE, "style", "bootstrap.scss"), {
    loadPaths: [join(HERE, "node_modules")],
    quietDeps: true,
    silenceDeprecations: ["import", "global-builtin", "color-functions", "if-function"],
  });
  const own = await readFile(join(HERE, "style", "admin.css"), "utf8");
  const { code } = await transform(css + own, { loader: "css", minify: true, target: BROWSERS });
  const banner = "/* Holds a part of Bootstrap. Licence: vendor/LICENSES.txt */\n";
  await writeFile(join(assets, "admin.css"), banner + code);
}

async function writePage(folder, page, scripts) {
  const read = (name) => readFile(join(HERE, "pages", name), "utf8");
  const [shell, main] = await Promise.all([read("shell.html"), read(`${page.name}.html`)]);
  const html = pageOf(page, { shell, main, scripts });
  await writeFile(join(folder, `${page.name}.html`), html);
}

async function described(name) {
  const folder = join(HERE, "node_modules", name);
  const { version, license } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  return { name, version, license };
}

async function writeLicences(vendor) {
  const texts = await Promise.all(
    SHIPPED.map(async (name) => {
      const { version, license } = await described(name);
      const text = await readFile(join(HERE, "node_modules", name, "LICENSE"), "utf8");
      return `${name} ${version} (${license})\n\n${text.trim()}\n`;
    }),
  );
  await writeFile(join(vendor, "LICENSES.txt"), texts.join(`\n${"-".repeat(80)}\n\n`));
}

async function fingerprint(assets, name) {
  const content = await readFile(join(assets, name));
  const sha384 = createHash("sha384").update(content).digest("base64");
  return [name, { bytes: content.length, sha384: `sha384-${sha384}` }];
}

async function writeManifest(assets) {
  const manifest = {
    packages: await Promise.all(SHIPPED.map(described)),
    built_with: await Promise.all(TOOLS.map(described)),
    files: Object.fromEntries(
      await Promise.all(["vendor/ui.js", "admin.css"].map((name) => fingerprint(assets, name))),
    ),
  };
  await writeFile(join(assets, "vendor", "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
}

async function buildInto(folder) {
  const loaded = await tools();
  const [admin, assets] = FOLDERS.map((name) => join(folder, name));
  await mkdir(admin, { recursive: true });
  await mkdir(join(assets, "vendor"), { recursive: true });
  await Promise.all([
    bundleLibraries(loaded, assets),
    compileStyle(loaded, assets),
    ...PAGES.map(async (page) => writePage(admin, page, await bundlePage(loaded, assets, page))),
  ]);
  await writeLicences(join(assets, "vendor"));
  await writeManifest(assets);
}

async function inTemporaryFolder(work) {
  const folder = await mkdtemp(join(tmpdir(), "dashboard-"));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Built beside, then put in place: a failed build leaves what was there. */
function write() {
  return inTemporaryFolder(async (folder) => {
    await buildInto(folder);
    for (const name of FOLDERS) {
      await rm(join(PUBLIC, name), { recursive: true, force: true });
      await cp(join(folder, name), join(PUBLIC, name), { recursive: true });
    }
  });
}

async function filesOf(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((one) => one.isFile()).map((one) => join(one.parentPath ?? one.path, one.name));
}

async function differences(folder) {
  const names = await Promise.all(
    FOLDERS.flatMap((name) =>
      [folder, PUBLIC].map(async (root) =>
        (await filesOf(join(root, name))).map((file) => file.slice(root.length).replace(/^\//, "")),
      ),
    ),
  );
  const read = (root, name) => readFile(join(root, name)).catch(() => Buffer.alloc(0));
  const compared = [...new Set(names.flat())].map(async (name) => {
    const [now, then] = await Promise.all([read(folder, name), read(PUBLIC, name)]);
    return now.equals(then) ? [] : [`public/${name}`];
  });
  return (await Promise.all(compared)).flat();
}

function check() {
  return inTemporaryFolder(async (folder) => {
    await buildInto(folder);
    const changed = await differences(folder);
    if (changed.length > 0) {
      throw new Error(
        `Not what web/ makes: ${changed.join(", ")}. ` +
          "Run: npm ci --prefix web && npm run build --prefix web, and commit the result.",
      );
    }
    const { lines, over } = await weigh(folder);
    console.log(lines.join("\n"));
    if (over.length > 0) throw new Error(over.join("\n"));
  });
}

async function watching() {
  await write();
  console.log("Built. Looking for changes…");
  for await (const { filename } of watch(HERE, { recursive: true })) {
    if (!/^(admin|pages|style|ui\.mjs)/.test(filename ?? "")) continue;
    await write().then(
      () => console.log(`Built after ${filename}`),
      (error) => console.error(error.message),
    );
  }
}

const WAYS = { "--check": check, "--watch": watching };

try {
  await (WAYS[process.argv[2]] ?? write)();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

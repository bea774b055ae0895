// Bundles the dashboard's libraries into public/assets/vendor/, whose files are committed:
// who clones or deploys the project needs no Node for them.
//   node vendor.mjs           rewrites the folder
//   node vendor.mjs --check   builds into a temporary folder and fails if the two differ
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const VENDOR = fileURLToPath(new URL("../public/assets/vendor/", import.meta.url));
const SHIPPED = ["preact", "@preact/signals", "@preact/signals-core", "htm", "bootstrap"];
const TOOLS = ["esbuild", "sass"];
// As the oldest browsers the dashboard supports.
const BROWSERS = ["safari16", "ios16", "chrome103", "firefox100"];

async function tools() {
  try {
    const [{ build, transform }, sass] = await Promise.all([import("esbuild"), import("sass")]);
    return { build, transform, sass };
  } catch (error) {
    if (error.code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new Error("The libraries are not installed. Run: npm ci --prefix web");
  }
}

async function bundleScript({ build }, folder) {
  await build({
    entryPoints: [join(HERE, "ui.mjs")],
    outfile: join(folder, "ui.js"),
    absWorkingDir: HERE,
    bundle: true,
    format: "esm",
    minify: true,
    target: BROWSERS,
    legalComments: "none", // LICENSES.txt holds them in full
    banner: { js: "/* Preact, signals and htm. Licences: LICENSES.txt */" },
  });
}

async function compileStyle({ sass, transform }, folder) {
  const { css } = sass.compile(join(HERE, "bootstrap.scss"), {
    loadPaths: [join(HERE, "node_modules")],
    quietDeps: true,
    silenceDeprecations: ["import", "global-builtin", "color-functions", "if-function"],
  });
  const { code } = await transform(css, { loader: "css", minify: true, target: BROWSERS });
  const banner = "/* A part of Bootstrap. Licence: LICENSES.txt */\n";
  await writeFile(join(folder, "bootstrap.css"), banner + code);
}

async function described(name) {
  const folder = join(HERE, "node_modules", name);
  const { version, license } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  return { name, version, license };
}

async function writeLicences(folder) {
  const texts = await Promise.all(
    SHIPPED.map(async (name) => {
      const { version, license } = await described(name);
      const text = await readFile(join(HERE, "node_modules", name, "LICENSE"), "utf8");
      return `${name} ${version} (${license})\n\n${text.trim()}\n`;
    }),
  );
  await writeFile(join(folder, "LICENSES.txt"), texts.join(`\n${"-".repeat(80)}\n\n`));
}

async function fingerprint(folder, name) {
  const content = await readFile(join(folder, name));
  const sha384 = createHash("sha384").update(content).digest("base64");
  return [name, { bytes: content.length, sha384: `sha384-${sha384}` }];
}

async function writeManifest(folder) {
  const manifest = {
    packages: await Promise.all(SHIPPED.map(described)),
    built_with: await Promise.all(TOOLS.map(described)),
    files: Object.fromEntries(
      await Promise.all(["ui.js", "bootstrap.css"].map((name) => fingerprint(folder, name))),
    ),
  };
  await writeFile(join(folder, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
}

async function vendorInto(folder) {
  const loaded = await tools();
  await mkdir(folder, { recursive: true });
  await Promise.all([bundleScript(loaded, folder), compileStyle(loaded, folder)]);
  await writeLicences(folder);
  await writeManifest(folder);
}

async function differences(built, committed) {
  const names = new Set([...(await readdir(built)), ...(await readdir(committed))]);
  const read = (folder, name) => readFile(join(folder, name)).catch(() => Buffer.alloc(0));
  const compared = [...names].map(async (name) => {
    const [now, then] = await Promise.all([read(built, name), read(committed, name)]);
    return now.equals(then) ? [] : [name];
  });
  return (await Promise.all(compared)).flat();
}

async function check() {
  const built = await mkdtemp(join(tmpdir(), "vendor-"));
  try {
    await vendorInto(built);
    const changed = await differences(built, VENDOR);
    if (changed.length > 0) {
      throw new Error(
        `public/assets/vendor/ is not what web/ makes: ${changed.join(", ")}. ` +
          "Run: npm ci --prefix web && node web/vendor.mjs, and commit the result.",
      );
    }
  } finally {
    await rm(built, { recursive: true });
  }
}

try {
  await (process.argv.includes("--check") ? check() : vendorInto(VENDOR));
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

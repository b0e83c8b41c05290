// Bundles chart_runtime.js into dist/, with the licences of what is in it on top.
import { build } from "esbuild";
import { mkdir, readFile, readdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";

const bundle = await build({
  entryPoints: ["chart_runtime.js"],
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2020",
  charset: "ascii",
  legalComments: "none",
  metafile: true,
  write: false,
  outfile: "dist/chart_runtime.js",
});

// node_modules/NAME or node_modules/@SCOPE/NAME of every file that the bundle was made from.
const packages = new Set();
for (const input of Object.keys(bundle.metafile.inputs)) {
  const found = input.match(/^node_modules\/(?:@[^/]+\/)?[^/]+/);
  if (found) packages.add(found[0]);
}

/** @type {Map<string, string[]>} text of a licence -> the packages under it */
const licences = new Map();
for (const folder of [...packages].sort()) {
  const file = (await readdir(folder)).find((name) => /^licen[cs]e/i.test(name));
  const { name, version, license } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  const text = file ? (await readFile(join(folder, file), "utf8")).replace(/\r/g, "").trim() : `Licence: ${license}`;
  licences.set(text, [...(licences.get(text) ?? []), `${name} ${version}`]);
}
const notice = [...licences].map(([text, names]) => `${names.join(", ")}\n\n${text}`).join("\n\n---\n\n");
const [output] = bundle.outputFiles;
const script = `/*\n${notice.replaceAll("*/", "* /")}\n*/\n${output.text}`;

// The script stands inside a page, where these would end it or change how it is read.
for (const forbidden of [/<\/script/i, /<!--/, /\r/]) {
  if (forbidden.test(script)) throw new Error(`the bundle holds ${forbidden}`);
}
await mkdir("dist", { recursive: true });
await writeFile("dist/chart_runtime.js.part", script);
await rename("dist/chart_runtime.js.part", "dist/chart_runtime.js");
console.log(`web/dist/chart_runtime.js: ${Math.round(script.length / 1024)} KB from ${packages.size} packages`);

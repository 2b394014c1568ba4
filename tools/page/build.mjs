// Builds codesign/export/page/vendor/three.js and the manifest beside it: `npm ci && npm run build` in this folder.

import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build, version as esbuild } from "esbuild";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const folder = "../../codesign/export/page/vendor/";
const packageOf = (name) => at(`node_modules/${name}/`);
const { version } = JSON.parse(readFileSync(packageOf("three") + "package.json", "utf8"));
const licence = readFileSync(packageOf("three") + "LICENSE", "utf8").trim();

const { outputFiles } = await build({
  absWorkingDir: at("."),
  entryPoints: ["three.js"],
  bundle: true,
  minify: true,
  format: "iife",
  globalName: "three",
  target: "es2022",
  legalComments: "none", // the licence is above all of it
  charset: "ascii",
  write: false,
});
// One statement, so that the page's modules import it like any other of theirs.
const code = outputFiles[0].text.replace(/^(?:"use strict";)?var three=/, "export const three = ");
if (!code.startsWith("export const three = ")) throw new Error("esbuild no longer begins a bundle with `var three=`");
if (code.includes("</script")) throw new Error("the bundle would end the page's script");

const header = `/*! three.js ${version}, bundled by esbuild ${esbuild}; made by tools/page/build.mjs, not by hand.\n\n${licence}\n*/\n`;
writeFileSync(at(folder + "three.js"), header + code);
const manifest = {
  three: version,
  esbuild,
  entry_sha256: createHash("sha256").update(readFileSync(at("three.js"))).digest("hex"),
  bundle_sha256: createHash("sha256").update(header + code).digest("hex"),
};
writeFileSync(at("manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);

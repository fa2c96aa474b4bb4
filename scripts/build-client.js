// Builds public/*.js out of src/client: one file each, in JavaScript that Internet Explorer 8 can parse.
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const ENTRIES = ["client", "tabs", "page", "check"];

/** Writes them into a folder, and says how large each is: a test holds client.js to 4 KiB. Throws when one does not compile. */
export async function buildClient(folder = join(root, "public")) {
  mkdirSync(folder, { recursive: true });
  for (const entry of ENTRIES) {
    const source = join(root, "src", "client", `${entry}.ts`);
    const code = await compile(source);
    const gzipBytes = gzipSync(code, { level: 9 }).length;
    console.log(`public/${entry}.js: ${code.length} bytes, ${gzipBytes} gzipped`);
    // Renamed into place: a server that runs meanwhile never hands out half a file.
    const target = join(folder, `${entry}.js`);
    const unfinished = join(folder, `${entry}.${process.pid}.js`);
    writeFileSync(unfinished, code);
    renameSync(unfinished, target);
  }
}

async function compile(source) {
  const [{ build }, { minify }] = await Promise.all([import("esbuild"), import("terser")]);
  const bundled = await build({
    entryPoints: [source],
    bundle: true,
    write: false,
    format: "iife",
    target: "es5",
    legalComments: "none",
    logLevel: "warning",
    // An entry's exports are types and functions for the tests of types; the page gets one global.
    treeShaking: true,
    tsconfigRaw: { compilerOptions: { alwaysStrict: false } },
  });
  const { code } = await minify(bundled.outputFiles[0].text, {
    ecma: 5,
    ie8: true,
    safari10: true,
    compress: { passes: 3, unsafe_comps: false, keep_infinity: true, typeofs: false },
    mangle: true,
    format: { ascii_only: true, quote_keys: false },
  });
  return `${code}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildClient(process.argv[2]);

// Builds a program of the tests, and says where it is: Node 20 runs no TypeScript.
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

/** `name`: a file below test/, without its ending. As deep below the package as it was: what it names from there is found. */
export async function built(name) {
  const root = dirname(dirname(fileURLToPath(import.meta.url)));
  const outfile = join(root, "dist", `${name}.js`);
  await build({
    entryPoints: [join(root, "test", `${name}.ts`)],
    outfile,
    bundle: true,
    packages: "external",
    platform: "node",
    format: "esm",
    target: "node20",
    sourcemap: true,
    logLevel: "warning",
  });
  return pathToFileURL(outfile).href;
}

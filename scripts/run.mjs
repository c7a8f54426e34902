// Starts one of our TypeScript programs on the Node that the project pins, whatever Node the machine has.
// Plain JavaScript for Node 18 and later, with no dependency: it runs before anything is installed.
//   node scripts/run.mjs scripts/demo.ts [args]     a program of ours
//   node scripts/run.mjs --test my.test.ts          test files
//   node scripts/run.mjs --bin oxfmt [args]         a tool from node_modules/.bin
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync, mkdirSync, rmSync } from "node:fs";
import { createHash } from "node:crypto";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const node = join(root, "node_modules", "node", "bin", process.platform === "win32" ? "node.exe" : "node");
const stamp = join(root, "node_modules", ".throughline-installed");
const lock = join(root, "package-lock.json");

const fail = (message) => {
  console.error(`throughline: ${message}`);
  process.exit(1);
};

const fingerprint = createHash("sha256").update(readFileSync(lock)).digest("hex");
const isInstalled = () => existsSync(stamp) && readFileSync(stamp, "utf8") === fingerprint && existsSync(node);

if (!isInstalled()) {
  const mutex = join(root, ".install-lock");
  try {
    mkdirSync(mutex);
  } catch {
    fail(`another install seems to be running (${mutex} exists); wait for it, or delete that folder and try again`);
  }
  try {
    // Not "npm ci": it refuses a lock file made on a machine that cannot see other platforms' optional binaries.
    console.error("throughline: installing what is missing …");
    const npm = process.platform === "win32" ? "npm.cmd" : "npm";
    const done = spawnSync(npm, ["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"], {
      cwd: root,
      stdio: ["ignore", 2, 2],
      shell: process.platform === "win32",
    });
    if (done.status !== 0) fail(`npm install failed with status ${done.status}; its messages are above`);
    if (!existsSync(node)) fail(`npm install did not install the pinned Node at ${node}; run "npm rebuild node" and try again`);
    writeFileSync(stamp, fingerprint);
  } finally {
    rmSync(mutex, { recursive: true, force: true });
  }
}

const [first, ...rest] = process.argv.slice(2);
if (!first) fail("say which program to run, for example: node scripts/run.mjs scripts/demo.ts");
const args =
  first === "--bin" ? [join(root, "node_modules", ".bin", rest[0]), ...rest.slice(1)] : [resolve(root, first), ...rest];
const options = ["--conditions=throughline-source", "--disable-warning=ExperimentalWarning"];
const child = spawn(node, args, {
  stdio: "inherit",
  env: {
    ...process.env,
    PATH: `${dirname(node)}${process.platform === "win32" ? ";" : ":"}${join(root, "node_modules", ".bin")}${process.platform === "win32" ? ";" : ":"}${process.env.PATH}`,
    // Much of a short process is its start: modules are stripped of their types and compiled once for all of them.
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(root, "node_modules", ".cache", "throughline"),
    NODE_OPTIONS: [process.env.NODE_OPTIONS, ...options].filter(Boolean).join(" "),
  },
});
// A signal sent to us alone is passed on. Ctrl-C the terminal sends to the child itself, and twice would mean "at once".
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
  });
}
child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : signal === "SIGTERM" ? 143 : 1)));
child.on("error", (error) => fail(error.message));

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const places = [
  ...names.map((name) => `/usr/bin/${name}`),
  "/snap/bin/chromium",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** What a browser does for its user and no test needs. */
const quiet = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** A real Chromium without a window; the system's, installed by its package manager where there is none. */
export async function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: findChromium() ?? installChromium(), headless: true, args: quiet });
}

const findChromium = (): string | null =>
  [process.env["CHROMIUM"] ?? "", ...places].find((path) => path !== "" && existsSync(path)) ?? null;

function installChromium(): string {
  const apt = ["apt-get", "install", "-y", "--no-install-recommends", "chromium"];
  const isRoot = process.getuid?.() === 0;
  if (isRoot && existsSync("/usr/bin/apt-get")) {
    spawnSync("apt-get", ["update"], { stdio: "ignore" });
    spawnSync(apt[0]!, apt.slice(1), { stdio: "ignore", env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } });
  }
  const found = findChromium();
  if (found === null) throw new Error(`no Chromium was found: install one (Debian: ${apt.join(" ")}), or name it in CHROMIUM`);
  return found;
}

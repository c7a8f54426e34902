// Emits every package's dist, and loads it as a user would: npm run build
import { buildPage, hasPage } from "./gate/build-page.ts";
import { buildPackage, inBuildOrder, removeCrashPoints } from "./gate/build-package.ts";
import { smokeTest } from "./gate/smoke-test.ts";
import { readWorkspaces } from "./gate/workspaces.ts";

const packages = inBuildOrder(readWorkspaces().filter(({ folder }) => folder.startsWith("packages/")));

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}

for (const { folder, name } of packages) {
  const started = performance.now();
  const complaints = buildPackage(folder) || (hasPage(folder) ? buildPage(folder) : "");
  if (complaints !== "") fail(`${name} does not build:\n${complaints}`);
  console.log(`built   ${name.padEnd(24)} ${((performance.now() - started) / 1000).toFixed(1)} s`);
}

const left = packages.map(({ folder }) => removeCrashPoints(folder)).filter((complaint) => complaint !== "");
if (left.length > 0) fail(left.join("\n"));

const trouble = smokeTest(packages);
if (trouble !== "") fail(`a user could not load what was built:\n${trouble}`);
console.log(
  `loaded  every export of ${packages.length} packages, by require and by import, and handled an event with them, on Node ${process.version}`,
);

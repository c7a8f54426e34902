/** A crash point's call, alone on its line, in TypeScript or in what the compiler makes of it. */
const call = /^[ \t]*crashPoint\("([a-z-]+\.[a-z-]+)"\);$/gm;
const exported = /\b(?:crashPoint|onCrashPoint|CrashPointHook)\b/;
const braces = /^((?:import|export)(?: type)?) \{ ([^}]*) \} from (".*");$/gm;

/** The names of the crash points of a source file, in order. */
export function crashPointsIn(source: string): string[] {
  return [...source.matchAll(call)].map(([, name = ""]) => name);
}

/** Whether anything of crash points is left in a file that `withoutCrashPoints` made. */
export function holdsCrashPoints(source: string): boolean {
  return exported.test(source);
}

/** The file without its crash points, and with as many lines, so that its source map stays true. */
export function withoutCrashPoints(source: string): string {
  return source.replaceAll(call, "").replaceAll(braces, (all, keyword: string, names: string, from: string) => {
    if (!exported.test(names)) return all;
    const others = names.split(",").filter((name) => name.trim() !== "" && !exported.test(name));
    return others.length === 0 ? "" : `${keyword} { ${others.map((name) => name.trim()).join(", ")} } from ${from};`;
  });
}

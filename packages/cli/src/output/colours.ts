import { styleText } from "node:util";
import type { Output } from "../cli-context.ts";

export type Colour = "red" | "green" | "yellow" | "blue" | "magenta" | "cyan" | "gray" | "bold" | "dim";

/** Gives a text a colour, or leaves it as it is where colours are not wanted. */
export type Paint = (colour: Colour, text: string) => string;

/** NO_COLOR (any value) turns colours off, FORCE_COLOR on; otherwise a terminal that is not "dumb" has them. */
export function paintFor(output: Output, env: CliEnvironment): Paint {
  return wantsColour(output, env) ? (colour, text) => styleText(colour, text, { validateStream: false }) : plainPaint;
}

export const plainPaint: Paint = (_, text) => text;

type CliEnvironment = Readonly<Record<string, string | undefined>>;

function wantsColour(output: Output, env: CliEnvironment): boolean {
  if (env["NO_COLOR"]) return false;
  if (env["FORCE_COLOR"] && env["FORCE_COLOR"] !== "0") return true;
  return output.isTTY && env["TERM"] !== "dumb";
}

import { whyBlind } from "../flow/index-flows.ts";
import type { ControlParts } from "./control-parts.ts";

/** Why the index may not know all of it; null when it does. */
export const indexBlind = async ({ index, surroundings }: Pick<ControlParts, "index" | "surroundings">): Promise<string | null> =>
  whyBlind(
    (await index.positions()).filter(({ isGone }) => !isGone),
    surroundings.clock.now(),
  );

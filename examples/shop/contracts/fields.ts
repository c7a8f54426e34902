import { z } from "zod";

/** Money is in whole cents. */
export const cents = z.int();

/** ISO 8601 with an offset: `2026-03-01T12:00:00Z`, or `+00:00`. */
export const time = z.iso.datetime({ offset: true });

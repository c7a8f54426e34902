/**
 * What was noted so much later than now was noted by a clock that went wrong, and was put right since: a lease of somebody who may be gone,
 * a look at the log that is still to come. Who waited for such a time would wait for as long as the clock was ahead. Clocks of several
 * machines differ by less.
 */
export const wrongClockMs = 5 * 60_000;

import { useNow, useZone } from "../parts/clock.tsx";
import { timeOfDay } from "../parts/say-time.ts";

const saidZone = { local: "local time", utc: "UTC" } as const;

/** The time now, in the zone in which all times are shown; a press changes the zone. */
export function ZoneSwitch() {
  const { zone, setZone } = useZone();
  const now = useNow();
  const next = zone === "local" ? "utc" : "local";
  return (
    <button type="button" className="button quiet" onClick={() => setZone(next)} title={`Show ${saidZone[next]}`}>
      <span className="number wide-only" aria-hidden="true">
        {timeOfDay(now, zone)}
      </span>
      <span className="unseen">Times are in: </span>
      {zone === "utc" ? "UTC" : "Local"}
      <span className="unseen">; show {saidZone[next]}</span>
    </button>
  );
}

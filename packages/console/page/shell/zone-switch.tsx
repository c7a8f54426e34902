import { useNow, useZone } from "../parts/clock.tsx";
import { timeOfDay } from "../parts/say-time.ts";

/** The time now, in the zone in which all times are shown; a press changes the zone. */
export function ZoneSwitch() {
  const { zone, setZone } = useZone();
  const now = useNow();
  const next = zone === "local" ? "utc" : "local";
  return (
    <button
      type="button"
      className="button quiet"
      onClick={() => setZone(next)}
      aria-label={`Times are ${zone === "utc" ? "UTC" : "local"}; show ${next === "utc" ? "UTC" : "local time"}`}
    >
      <span className="number wide-only">{timeOfDay(now, zone)}</span>
      {zone === "utc" ? "UTC" : "Local"}
    </button>
  );
}

import { useNow, useZone } from "./clock.tsx";
import { ago, dayAndTime, inBothZones, timeOfDay, type Zone } from "./say-time.ts";

const isSameDay = (a: number, b: number, zone: Zone): boolean =>
  dayAndTime(a, zone).slice(0, 6) === dayAndTime(b, zone).slice(0, 6);

/** An instant in the zone that was chosen: the time of today, else with its day. Both zones are a touch away. */
export function Time({ at }: { readonly at: number }) {
  const { zone } = useZone();
  const now = useNow();
  return (
    <time dateTime={new Date(at).toISOString()} title={inBothZones(at)} className="nowrap">
      {isSameDay(at, now, zone) ? timeOfDay(at, zone) : dayAndTime(at, zone)}
    </time>
  );
}

/** How long ago. */
export function Ago({ at }: { readonly at: number }) {
  return (
    <time dateTime={new Date(at).toISOString()} title={inBothZones(at)} className="nowrap">
      {ago(at, useNow())}
    </time>
  );
}

/** An instant in both zones, for what one writes down. */
export const BothTimes = ({ at }: { readonly at: number }) => (
  <time dateTime={new Date(at).toISOString()}>{inBothZones(at)}</time>
);

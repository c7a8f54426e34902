import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { LagHistory } from "../../api/answers.ts";
import { useZone } from "../../parts/clock.tsx";
import { count } from "../../parts/say-number.ts";
import { dayAndTime } from "../../parts/say-time.ts";
import { useThemeCount } from "./theme-count.ts";

interface LagChartProps {
  readonly points: LagHistory["points"];
  readonly fromMs: number;
  readonly toMs: number;
}

const height = 240;

/** Events behind over time. A point holds until the next. */
export function LagChart({ points, fromMs, toMs }: LagChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const { zone } = useZone();
  const theme = useThemeCount();

  useEffect(() => {
    const element = place.current!;
    const colours = coloursOf(element);
    const axis = {
      stroke: colours.soft,
      grid: { stroke: colours.line, width: 1 },
      ticks: { show: false },
      font: "12px system-ui",
    };
    const made = new uPlot(
      {
        width: element.clientWidth,
        height,
        legend: { show: true },
        cursor: { drag: { x: false, y: false } },
        ...(zone === "utc" && { tzDate: (seconds: number) => uPlot.tzDate(new Date(seconds * 1e3), "Etc/UTC") }),
        scales: { x: { time: true }, y: { range: (_chart, _least, most) => [0, Math.max(10, most * 1.1)] } },
        axes: [axis, { ...axis, size: 64, values: (_chart, values) => values.map((value) => count(value)) }],
        series: [
          { label: "At", value: (_chart, at) => (at === null ? "—" : dayAndTime(at * 1e3, zone)) },
          {
            label: "Events behind",
            stroke: colours.accent,
            width: 2,
            fill: colours.fill,
            points: { show: false },
            ...(uPlot.paths.stepped && { paths: uPlot.paths.stepped({ align: 1 }) }),
            value: (_chart, value) => (value === null ? "—" : count(value)),
          },
        ],
      },
      [[], []],
      element,
    );
    chart.current = made;
    const sized = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }));
    sized.observe(element);
    return () => {
      sized.disconnect();
      made.destroy();
    };
  }, [zone, theme]);

  useEffect(() => {
    const last = points.at(-1);
    // What was last seen holds until now.
    const held = last === undefined ? points : [...points, { ...last, atMs: Math.min(Date.now(), toMs) }];
    chart.current?.setData([held.map(({ atMs }) => atMs / 1e3), held.map(({ behind }) => behind)], false);
    chart.current?.setScale("x", { min: fromMs / 1e3, max: toMs / 1e3 });
  }, [points, fromMs, toMs, zone, theme]);

  const most = Math.max(...points.map(({ behind }) => behind));
  return (
    <figure
      className="chart card"
      aria-label={`Events behind over time: at most ${count(most)}, now ${count(points.at(-1)!.behind)}`}
      role="img"
    >
      <div ref={place} />
    </figure>
  );
}

/** Colours of the theme as the canvas takes them. */
function coloursOf(element: HTMLElement): { accent: string; soft: string; line: string; fill: string } {
  const probe = document.createElement("span");
  element.append(probe);
  const resolved = (name: string): string => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const colours = {
    accent: resolved("accent"),
    soft: resolved("ink-soft"),
    line: resolved("line"),
    fill: resolved("accent-soft"),
  };
  probe.remove();
  return colours;
}

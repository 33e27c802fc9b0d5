// When the runs were, a bar a slice of time, stacked by state; dragging over it picks a time.

import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Query } from "../api/client";
import { histogram } from "../api/queries";
import type { Histogram as Answer, StateType } from "../api/types";
import { clock, clockSeconds, count, day, dayNumber, when } from "../parts/format";
import { STATE_TYPES, shownType } from "../parts/states";

const HEIGHT = 86;
const EDGE = 28;

interface Props {
  filters: Query;
  onRange: (since: string, until: string) => void;
}

export function RunHistogram({ filters, onRange }: Props) {
  const { data } = useQuery(histogram(filters));
  const { from, to } = data ?? {};
  return data && from && to ? (
    <Plot answer={data} from={from} to={to} onRange={onRange} />
  ) : (
    <div className="plot-none small faint">{data ? "No run in this time" : ""}</div>
  );
}

/** Runs a state type, over all slices. */
export function tally(answer: Answer): Map<StateType, number> {
  const all = new Map<StateType, number>();
  for (const { counts } of answer.buckets)
    for (const [type, n] of Object.entries(counts))
      all.set(type as StateType, (all.get(type as StateType) ?? 0) + n);
  return all;
}

/** Drawn from the back: the whole height first, over it what is lower. What is as expected lies at the bottom. */
function stacked(answer: Answer): { types: StateType[]; data: uPlot.AlignedData } {
  const present = tally(answer);
  const upward = STATE_TYPES.filter((type) => present.has(type));
  const at = answer.buckets.map((bucket) => Date.parse(bucket.at) / 1000);
  const rows = upward.map((_, level) =>
    answer.buckets.map(({ counts }) =>
      upward.slice(0, level + 1).reduce((sum, type) => sum + (counts[type] ?? 0), 0),
    ),
  );
  return { types: upward.toReversed(), data: [at, ...rows.toReversed()] };
}

function colour(root: HTMLElement, type: StateType): string {
  const name = type === "completed" ? "--bar-completed" : `--st-${type}`;
  return resolved(root, name);
}

/** A token's colour as the canvas can take it, in the theme of the moment. */
function resolved(root: HTMLElement, token: string): string {
  const probe = document.createElement("span");
  probe.style.color = `var(${token})`;
  root.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

interface PlotProps {
  answer: Answer;
  from: string;
  to: string;
  onRange: Props["onRange"];
}

function Plot({ answer, from: begin, to: end, onRange }: PlotProps) {
  const root = useRef<HTMLDivElement>(null);
  const range = useRef(onRange);
  range.current = onRange;
  const [over, setOver] = useState<{ left: number; index: number } | null>(null);

  useEffect(() => {
    const element = root.current;
    if (!element) return;
    const { types, data } = stacked(answer);
    const from = Date.parse(begin) / 1000;
    const to = Date.parse(end) / 1000;
    const axis = resolved(element, "--text-3");
    const line = resolved(element, "--line");
    const bars = uPlot.paths.bars?.({ size: [0.86, 14], align: 1 });
    const plot = new uPlot(
      {
        width: element.clientWidth,
        height: HEIGHT,
        padding: [4, 0, 0, 0],
        legend: { show: false },
        cursor: { y: false, points: { show: false }, drag: { x: true, y: false, setScale: false } },
        scales: {
          x: { time: true, range: [from, to] },
          y: { range: (_, __, most) => [0, Math.max(1, most)] },
        },
        axes: [
          {
            stroke: axis,
            font: '11px "Inter Variable", system-ui, sans-serif',
            size: 20,
            gap: 3,
            grid: { stroke: line, width: 1 },
            ticks: { show: false },
            space: 96,
            // A text that would be cut at an edge is left out, and one that says what the one before says.
            values: (drawn, times) => {
              const texts = times.map((time) => axisText(new Date(time * 1000), to - from));
              return times.map((time, at) => {
                const x = drawn.valToPos(time, "x");
                const fits = x > EDGE && x < drawn.over.clientWidth - EDGE;
                return fits && texts[at] !== texts[at - 1] ? (texts[at] ?? "") : "";
              });
            },
          },
          { show: false },
        ],
        series: [
          {},
          ...types.map((type) => {
            const fill = colour(element, type);
            return { fill, width: 0, points: { show: false }, ...(bars ? { paths: bars } : {}) };
          }),
        ],
        bands: types.slice(1).map((_, at) => ({ series: [at + 1, at + 2] })),
        hooks: {
          setSelect: [
            (drawn) => {
              const { left, width } = drawn.select;
              if (width < 3) return;
              const iso = (x: number) => new Date(drawn.posToVal(x, "x") * 1000).toISOString();
              range.current(iso(left), iso(left + width));
            },
          ],
          setCursor: [
            (drawn) => {
              const left = drawn.cursor.left ?? -1;
              const width = drawn.over.clientWidth / answer.buckets.length;
              const index = Math.floor(left / width);
              setOver(left < 0 ? null : { left, index });
            },
          ],
        },
      },
      data,
      element,
    );
    const sizes = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: HEIGHT }));
    sizes.observe(element);
    return () => {
      sizes.disconnect();
      plot.destroy();
    };
  }, [answer, begin, end]);

  const bucket = over && answer.buckets[over.index];
  return (
    <div
      className="plot"
      ref={root}
      role="img"
      aria-label={`${count(answer.total, "run")} over time: ${[...tally(answer)].map(([type, n]) => `${n} ${type}`).join(", ")}`}
    >
      {bucket && (
        <div
          className="read"
          style={over.left > 240 ? { right: `calc(100% - ${over.left - 8}px)` } : { left: over.left + 8 }}
        >
          <b>{slice(bucket.at, answer.buckets[over.index + 1]?.at ?? end)}</b>
          <br />
          {said(bucket.counts)}
        </div>
      )}
    </div>
  );
}

function axisText(at: Date, seconds: number): string {
  if (seconds > 3 * 86_400) return day(at);
  if (seconds < 900) return clockSeconds(at);
  return at.getHours() === 0 && at.getMinutes() === 0 ? day(at) : clock(at);
}

function slice(begin: string, end: string): string {
  const now = new Date();
  const from = new Date(begin);
  const to = new Date(end);
  return `${when(from, now)}–${dayNumber(from) === dayNumber(to) ? clock(to) : when(to, now)}`;
}

function said(counts: Partial<Record<StateType, number>>): string {
  const parts = STATE_TYPES.filter((type) => counts[type]).map(
    (type) => `${counts[type]} ${shownType(type).word.toLowerCase()}`,
  );
  return parts.length > 0 ? parts.join(", ") : "no run";
}

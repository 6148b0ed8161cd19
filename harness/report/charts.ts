import * as echarts from "echarts";
import { type Html, raw } from "./html.js";

/** Colours that stand for what the page's own style decides, light or dark. */
const TEXT = "#010101";
const LINE = "#020202";
const PAPER = "#030303";

/** Told apart by people who see few colours, and on both backgrounds (Okabe and Ito's palette). */
const VARIANT_COLOURS: Readonly<Record<string, string>> = {
  none: "#8a8f98",
  floor: "#56b4e9",
  native: "#e69f00",
  peer: "#cc79a7",
  tremula: "#009e73",
};

const OTHERS = ["#0072b2", "#d55e00", "#b8a800", "#7a5cc9"];

/** The colour of a variant, the same in every chart. */
export function colourOf(variant: string, at: number): string {
  return VARIANT_COLOURS[variant] ?? OTHERS[at % OTHERS.length] ?? TEXT;
}

export interface Bar {
  readonly name: string;
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** Bars with the interval of each. */
export function barChart(title: string, unit: string, bars: readonly Bar[]): Html {
  const shown = [...bars].reverse();
  return draw(title, 440, 70 + 34 * bars.length, {
    grid: { left: 8, right: 72, top: 8, bottom: 28, containLabel: true },
    xAxis: { ...valueAxis(unit), nameLocation: "middle", ...extentOf(bars) },
    yAxis: { type: "category", data: shown.map(({ name }) => name), ...axisStyle() },
    series: [
      {
        type: "bar",
        barMaxWidth: 20,
        data: shown.map(({ name, value }, at) => ({
          value: round(value),
          itemStyle: { color: colourOf(name, at) },
        })),
      },
      intervals(shown),
    ],
  });
}

/** What an axis must reach for every interval to be inside. */
function extentOf(bars: readonly Bar[]): { min: number; max: number } {
  const finite = bars.flatMap(({ value, low, high }) => [value, low, high]).filter(Number.isFinite);
  return { min: Math.floor(Math.min(0, ...finite)), max: Math.ceil(Math.max(1, ...finite)) };
}

export interface Curve {
  readonly name: string;
  readonly points: readonly { readonly x: number; readonly value: number }[];
}

/** How figures grow; both axes logarithmic, because sizes do. */
export function growthChart(title: string, xName: string, unit: string, curves: readonly Curve[]): Html {
  const isPositive = curves.every(({ points }) => points.every(({ value }) => value > 0));
  return draw(title, 480, 340, {
    legend: { bottom: 0, itemGap: 24, textStyle: { color: TEXT } },
    grid: { left: 16, right: 32, top: 52, bottom: 64, containLabel: true },
    xAxis: {
      ...valueAxis(""),
      type: "log",
      name: xName,
      nameLocation: "middle",
      nameGap: 26,
      axisLabel: { color: TEXT, formatter: (value: number) => value.toLocaleString("en") },
    },
    yAxis: {
      ...valueAxis(unit),
      type: isPositive ? "log" : "value",
      nameLocation: "end",
      nameTextStyle: { color: TEXT, align: "left" },
    },
    series: curves.map(({ name, points }, at) => ({
      type: "line",
      name,
      symbolSize: 8,
      lineStyle: { width: 2.5, color: colourOf(name, at) },
      itemStyle: { color: colourOf(name, at) },
      data: points.map(({ x, value }) => [x, round(value)]),
      label: {
        show: points.length <= 6,
        position: "top",
        color: TEXT,
        formatter: ({ value }: { value: number[] }) => String(value[1]),
      },
    })),
  });
}

/** The share of each outcome. */
export function shareBar(
  parts: readonly { readonly name: string; readonly count: number; readonly colour: string }[],
): Html {
  const total = parts.reduce((sum, { count }) => sum + count, 0) || 1;
  let x = 0;
  const boxes = parts.map(({ count, colour }) => {
    const width = (100 * count) / total;
    const box = `<rect x="${round(x)}" y="0" width="${round(width)}" height="10" fill="${colour}"/>`;
    x += width;
    return box;
  });
  const label = parts.map(({ name, count }) => `${count} ${name}`).join(", ");
  return raw(
    `<svg class="share" viewBox="0 0 100 10" preserveAspectRatio="none" role="img" aria-label="${label}">${boxes.join("")}</svg>`,
  );
}

function intervals(bars: readonly Bar[]): object {
  return {
    type: "custom",
    silent: true,
    // Over the bars.
    z: 3,
    data: bars.map(({ value, low, high }, at) => [at, low, high, value]),
    renderItem: (
      _: unknown,
      api: { value(index: number): number; coord(point: number[]): number[]; style(): object },
    ) => {
      const at = api.value(0);
      const [x1 = 0, y = 0] = api.coord([api.value(1), at]);
      const [x2 = 0] = api.coord([api.value(2), at]);
      const line = (fromX: number, fromY: number, toX: number, toY: number): object => ({
        type: "line",
        shape: { x1: fromX, y1: fromY, x2: toX, y2: toY },
        style: { stroke: TEXT, lineWidth: 1.5 },
      });
      const label = {
        type: "text",
        style: {
          text: String(round(api.value(3))),
          x: Math.max(x1, x2) + 8,
          y,
          verticalAlign: "middle",
          fill: TEXT,
          font: "600 13px sans-serif",
        },
      };
      return {
        type: "group",
        children: [line(x1, y, x2, y), line(x1, y - 5, x1, y + 5), line(x2, y - 5, x2, y + 5), label],
      };
    },
  };
}

function valueAxis(name: string): object {
  return { type: "value", name, nameGap: 24, nameTextStyle: { color: TEXT }, ...axisStyle() };
}

function axisStyle(): object {
  return {
    axisLabel: { color: TEXT },
    axisLine: { lineStyle: { color: LINE } },
    splitLine: { lineStyle: { color: LINE, opacity: 0.5 } },
    axisTick: { lineStyle: { color: LINE } },
  };
}

function draw(title: string, width: number, height: number, option: object): Html {
  const chart = echarts.init(null, null, { renderer: "svg", ssr: true, width, height });
  try {
    chart.setOption({ animation: false, textStyle: { fontFamily: "inherit", fontSize: 13 }, ...option });
    const label = title.replace(/[<>&"]/g, "");
    const svg = chart
      .renderToSVGString()
      .replace("<svg ", `<svg class="chart" role="img" aria-label="${label}" `)
      .replace(/ width="\d+" height="\d+"/, "")
      .replaceAll(TEXT, "currentColor")
      .replaceAll(LINE, "var(--line)")
      .replaceAll(PAPER, "var(--paper)");
    return raw(svg);
  } finally {
    // It keeps a timer otherwise, and the process with it.
    chart.dispose();
  }
}

/** Three significant digits are more than a run can tell. */
function round(value: number): number {
  return Number.isFinite(value) ? Number(value.toPrecision(3)) : 0;
}

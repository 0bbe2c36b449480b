// Small charts in the colours of the page.

import uPlot from "../dist/demo/uPlot.esm.js";

const colour = (name) => getComputedStyle(document.body).getPropertyValue(name).trim();
const dark = matchMedia("(prefers-color-scheme: dark)");

/**
 * A chart in `box`: `series` are names of CSS colours; `line` of a fixed value, dashed; `dots` or `bars` instead of lines.
 */
export function chart(box, { series = ["--accent"], height = 180, range, splits, label, line, dots = false, bars = false, x = {} } = {}) {
  const axis = { stroke: () => colour("--muted"), grid: { stroke: () => colour("--line"), width: 1 }, ticks: { show: false }, font: "12px system-ui" };
  const named = label ? { label, labelFont: "12px system-ui", labelGap: 0, labelSize: 18 } : {};
  const plot = new uPlot(
    {
      width: Math.max(100, box.clientWidth),
      height,
      legend: { show: false },
      cursor: { show: false },
      scales: { x: { time: false, ...x }, y: range ? { range } : {} },
      axes: [{ ...axis, size: x.time ? 44 : 28, ...named }, { ...axis, size: 44, ...(splits && { splits }) }],
      series: [{}, ...series.map((name) => ({ stroke: () => colour(name), width: dots ? 0 : 2, points: { show: dots, size: 6, fill: () => colour(name) }, ...(bars && { fill: () => colour(name), paths: uPlot.paths.bars({ size: [0.8, 60] }) }) }))],
      hooks: {
        draw: [
          ({ ctx, bbox, valToPos }) => {
            if (line === undefined) return;
            const y = valToPos(line, "y", true);
            ctx.save();
            ctx.strokeStyle = colour("--bad");
            ctx.setLineDash([6, 5]);
            ctx.beginPath();
            ctx.moveTo(bbox.left, y);
            ctx.lineTo(bbox.left + bbox.width, y);
            ctx.stroke();
            ctx.restore();
          },
        ],
      },
    },
    [[0], ...series.map(() => [null])],
    box,
  );
  new ResizeObserver(() => box.clientWidth && plot.setSize({ width: box.clientWidth, height })).observe(box);
  dark.addEventListener("change", () => plot.redraw());
  return plot;
}

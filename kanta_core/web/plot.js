// Plots, as SVG built element by element. Colours and letters come from the page's style.

const SVG = "http://www.w3.org/2000/svg";
const ROW = 26;
const LABELS = 116;
const WIDTH = 400;
const HEIGHT = 170;
// Room below the bars for what the axis says, and above for the highest one's number.
const AXIS = 24;
const HEAD = 18;

let numbers = 0;

/**
 * Bars side on, one below the other, longest first.
 * @param {string} title
 * @param {string} text what the plot shows, for those who don't see it
 * @param {{label: string, value: number}[]} bars
 * @returns {SVGElement}
 */
export function plotBars(title, text, bars) {
  const most = Math.max(1, ...bars.map((bar) => bar.value));
  const room = WIDTH - LABELS - 40;
  return plot(
    title,
    text,
    ROW * bars.length,
    ...bars.flatMap(({ label, value }, at) => {
      const middle = at * ROW + ROW / 2;
      const width = Math.max(2, (room * value) / most);
      return [
        s("text", { x: LABELS - 8, y: middle, class: "label" }, shortened(label)),
        s("rect", { x: LABELS, y: at * ROW + 4, width, height: ROW - 8, rx: 4 }),
        s("text", { x: LABELS + width + 8, y: middle, class: "value" }, value),
      ];
    }),
  );
}

/**
 * Bars upright along the time. What has no bar had no photo.
 * @param {string} title
 * @param {string} text
 * @param {{at: string, label: string, faces: number}[]} bars in order
 * @param {number} step seconds from one to the next
 * @returns {SVGElement}
 */
export function plotTime(title, text, bars, step) {
  const most = Math.max(1, ...bars.map((bar) => bar.faces));
  const first = Date.parse(bars[0].at);
  const place = (bar) => Math.round((Date.parse(bar.at) - first) / 1_000 / step);
  const many = place(bars[bars.length - 1]) + 1;
  const wide = Math.min(WIDTH / many, 48);
  const floor = HEIGHT - AXIS;
  const last = bars[bars.length - 1];
  const highest = bars.find((bar) => bar.faces === most);
  return plot(
    title,
    text,
    HEIGHT,
    ...bars.map((bar) => {
      const height = ((floor - HEAD) * bar.faces) / most;
      return s("rect", {
        x: place(bar) * wide + 1,
        y: floor - height,
        width: Math.max(1, wide - 2),
        height,
        rx: 2,
      });
    }),
    s("line", { x1: 0, x2: WIDTH, y1: floor + 0.5, y2: floor + 0.5 }),
    highest &&
      s(
        "text",
        {
          x: clamp(place(highest) * wide + wide / 2, 20, WIDTH - 20),
          y: floor - (floor - HEAD) - 8,
          class: "middle",
        },
        highest.faces,
      ),
    s("text", { x: 0, y: HEIGHT - 8, class: "value" }, bars[0].label),
    many > 1 && s("text", { x: WIDTH, y: HEIGHT - 8, class: "label" }, last.label),
  );
}

function plot(title, text, height, ...children) {
  numbers += 1;
  const [named, told] = [`plot-${numbers}-title`, `plot-${numbers}-text`];
  return s(
    "svg",
    { viewBox: `0 0 ${WIDTH} ${height}`, role: "img", "aria-labelledby": named, "aria-describedby": told },
    s("title", { id: named }, title),
    s("desc", { id: told }, text),
    ...children,
  );
}

function s(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(
    ...children
      .filter((child) => child !== false && child !== undefined)
      .map((child) => (child instanceof Node ? child : String(child))),
  );
  return element;
}

function shortened(label) {
  return label.length > 15 ? `${label.slice(0, 14)}…` : label;
}

function clamp(value, least, most) {
  return Math.min(Math.max(value, least), most);
}

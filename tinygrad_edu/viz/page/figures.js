// Arrays as the panel shows them: a number, a little matrix, or a heat map with its shape, range and norm.

const LEVELS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

function html(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

// A number with four digits, or as many as told; whole numbers as they are; inf and nan come as text.
function number(value, digits = 4) {
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "string") return value;
  if (value === 0 || Number.isInteger(value))
    return Math.abs(value) < 1e6 ? minus(`${value}`) : minus(value.toExponential(3));
  const size = Math.abs(value);
  return minus(size < 1e-3 || size >= 1e5 ? value.toExponential(digits - 1) : value.toPrecision(digits));
}

const minus = (text) => text.replace("-", "−");

const sizes = (shape) => (shape.length ? shape.join("×") : "a number");

const turned = (shape, transposed) =>
  transposed ? [...shape.slice(0, -2), shape.at(-1), shape.at(-2)] : shape;

// Nested lists as rows; all axes before the last are folded into them.
function rowsOf(full) {
  if (!Array.isArray(full)) return [[full]];
  return Array.isArray(full[0]) ? full.flatMap(rowsOf) : [full];
}

const transpose = (rows) => rows[0].map((_, j) => rows.map((row) => row[j]));

class Figures {
  constructor(arrays) {
    this.arrays = arrays;
    this.mix();
  }

  // To be called when the theme has changed, too: heat maps are painted in its colours.
  mix() {
    this.colours = palette();
  }

  framed(caption, body, kind = "") {
    return html("figure", kind ? { class: kind } : {}, caption && html("figcaption", {}, caption), body);
  }

  array(i, caption, kind, transposed = false) {
    if (i === undefined || i === null)
      return this.framed(caption, html("div", { class: "words" }, "several outputs"));
    const { shape, full, map, most, low, high, norm } = this.arrays[i];
    if (full !== undefined)
      return this.framed(caption, this.cells(full, shape, kind === "mask", transposed), kind);
    const seen =
      map &&
      this.heat(
        map,
        most,
        `heat map of ${caption || "the array"}, ${sizes(shape)}, from ${number(low)} to ${number(high)}`,
        transposed,
      );
    const facts = [
      sizes(turned(shape, transposed)),
      `${number(low, 3)} to ${number(high, 3)}`,
      `norm ${number(norm)}`,
    ];
    return this.framed(
      caption,
      html("div", {}, seen, html("div", { class: "facts" }, ...facts.map((fact) => html("div", {}, fact)))),
      kind,
    );
  }

  cells(full, shape, mask, transposed) {
    const show = (value) => (mask && value === 1 ? "●" : mask && value === 0 ? "·" : number(value));
    const cell = (value) => html("span", typeof value === "string" ? { class: "odd" } : {}, show(value));
    if (!shape.length) return html("span", { class: "scalar cells" }, show(full));
    if (shape.includes(0)) return html("span", { class: "scalar cells" }, `empty, ${sizes(shape)}`);
    const rows = transposed ? transpose(rowsOf(full)) : rowsOf(full);
    const vector = shape.length === 1 || (shape.length > 2 && rows[0].length === 1);
    const grid = html(
      "span",
      { class: vector ? "matrix vector cells" : "matrix cells" },
      ...rows.flat().map(cell),
    );
    grid.style.gridTemplateColumns = `repeat(${rows[0].length}, auto)`;
    return shape.length > 2 ? html("div", {}, grid, html("div", { class: "facts" }, sizes(shape))) : grid;
  }

  // Blue below zero, orange above; the middle is the paper's colour.
  heat(map, most, label, transposed) {
    const levels = map.map((row) => [...row].map((letter) => LEVELS.indexOf(letter)));
    const rows = transposed ? transpose(levels) : levels;
    const canvas = html("canvas", {
      role: "img",
      "aria-label": label,
      title: most ? `±${number(most)} at full colour` : "all zero",
    });
    const scale = Math.max(3, Math.min(9, Math.floor(132 / Math.max(rows.length, rows[0].length))));
    const ratio = Math.ceil(window.devicePixelRatio || 1);
    [canvas.width, canvas.height] = [rows[0].length * scale * ratio, rows.length * scale * ratio];
    [canvas.style.width, canvas.style.height] = [`${rows[0].length * scale}px`, `${rows.length * scale}px`];
    const pen = canvas.getContext("2d");
    pen.scale(ratio * scale, ratio * scale);
    rows.forEach((row, y) =>
      row.forEach((level, x) => {
        pen.fillStyle = level < 0 ? this.colours.odd : this.colours.at(level);
        pen.fillRect(x, y, 1, 1);
      }),
    );
    return canvas;
  }
}

// The colours of the present theme, from -most to most.
function palette() {
  const probe = html("i");
  document.body.append(probe);
  const colour = (name) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe)
      .color.match(/[\d.]+/g)
      .slice(0, 3)
      .map(Number);
  };
  const [low, middle, high, odd] = ["low", "middle", "high", "gradient"].map(colour);
  probe.remove();
  const css = (rgb) => `rgb(${rgb.map(Math.round).join(" ")})`;
  return {
    odd: css(odd),
    at(level) {
      const share = level / 31 - 1; // 62 is the highest level, 31 is zero
      const end = share < 0 ? low : high;
      return css(middle.map((c, k) => c + (end[k] - c) * Math.sqrt(Math.abs(share))));
    },
  };
}

// The panel: the gate at hand, its equation forward, and back for each input: upstream × local = contribution.

const LEVELS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const MOST_TERMS = 6; // of a long sum, so many are shown

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
  if (value === 0 || Number.isInteger(value)) return Math.abs(value) < 1e6 ? minus(`${value}`) : minus(value.toExponential(3));
  const size = Math.abs(value);
  return minus(size < 1e-3 || size >= 1e5 ? value.toExponential(digits - 1) : value.toPrecision(digits));
}

const minus = (text) => text.replace("-", "−");

const sizes = (shape) => (shape.length ? shape.join("×") : "a number");

const turned = (shape, transposed) => (transposed ? [...shape.slice(0, -2), shape.at(-1), shape.at(-2)] : shape);

// Nested lists as rows; all axes before the last are folded into them.
function rowsOf(full) {
  if (!Array.isArray(full)) return [[full]];
  return Array.isArray(full[0]) ? full.flatMap(rowsOf) : [full];
}

const transpose = (rows) => rows[0].map((_, j) => rows.map((row) => row[j]));

class Panel {
  constructor(content, element) {
    this.content = content;
    this.element = element;
    this.mix();
  }

  // To be called when the theme has changed, too: heat maps are painted in its colours.
  mix() {
    this.colours = palette();
  }

  show(moment, chosen) {
    const draw = { inputs: this.inputs, forward: this.forward, start: this.start, backward: this.backward, gradients: this.gradients };
    this.element.replaceChildren(...draw[moment.phase].call(this, moment, chosen).filter(Boolean));
    const at = this.element.querySelector(".chosen");
    if (at) at.scrollIntoView({ block: "nearest" });
    else this.element.scrollTop = 0;
  }

  // The five kinds of steps.

  inputs(moment, chosen) {
    const leaves = this.leaves();
    return [
      this.pass("forward", "What goes in"),
      html("h2", {}, leaves.length === 1 ? "One value is given" : `${leaves.length} values are given`),
      html("p", { class: "quiet" }, "Parameters and data, as they stand before the first gate."),
      ...leaves.map((i) => this.leaf(i, [this.array(this.node(i).value, "", "value")], chosen)),
      html("p", { class: "quiet" }, html("kbd", {}, "→"), " next step, ", html("kbd", {}, "space"), " plays, ", html("kbd", {}, "/"), " searches, ", html("kbd", {}, "Home"), " ", html("kbd", {}, "End")),
    ];
  }

  forward(moment) {
    const node = this.node(moment.current);
    const result = this.array(node.value, node.name, "value");
    const parts = node.product ? this.factors(node.product) : this.applied(node);
    return [
      ...this.heading(node, "forward"),
      html("section", { class: "term" }, html("div", { class: "equation" }, ...parts, this.result(result)), this.shapes(node)),
      this.keywords(node),
      ...this.about(node),
    ];
  }

  start(moment) {
    const node = this.node(moment.current);
    const one = this.content.arrays[node.gradient].shape.length === 0;
    return [
      this.pass("backward", "The walk back begins"),
      html("h2", {}, `d ${node.name} / d ${node.name}`),
      html("p", {}, one ? "The result's gradient with respect to itself; everything upstream is counted from here." : "The gradient the walk was started with."),
      html("section", { class: "term" }, this.array(node.gradient, `upstream of ${node.name}`, "gradient")),
    ];
  }

  backward(moment, chosen) {
    const node = this.node(moment.current);
    const edges = this.into(moment.current).filter((i) => this.content.edges[i].contribution !== undefined);
    return [
      ...this.heading(node, "backward"),
      node.kind && html("p", { class: "flow" }, `${this.content.flows[node.kind]}.`),
      this.sent(moment.current).length > 1 ? html("section", { class: "term" }, this.sum(moment.current, moment)) : null,
      ...edges.map((i) => this.term(node, i, moment, i === chosen)),
      ...this.about(node),
    ];
  }

  gradients(moment, chosen) {
    const leaves = this.leaves().filter((i) => this.node(i).gradient !== undefined);
    return [
      this.pass("backward", "What came back"),
      html("h2", {}, leaves.length === 1 ? "One gradient" : `${leaves.length} gradients`),
      html("p", { class: "quiet" }, "What an optimizer reads: of each leaf, the sum over all its uses."),
      ...leaves.map((i) => this.leaf(i, [this.sum(i, moment)], chosen)),
    ];
  }

  // Their parts.

  node(i) {
    return this.content.nodes[i];
  }

  leaves() {
    return this.content.nodes.flatMap((node, i) => (node.role === "leaf" ? [i] : []));
  }

  into(i) {
    return this.content.edges.flatMap((edge, k) => (edge.to === i ? [k] : []));
  }

  pass(direction, words) {
    return html("p", { class: `pass ${direction}` }, direction === "backward" ? `◂ backward · ${words}` : `▸ forward · ${words}`);
  }

  heading(node, direction) {
    const formula = node.formula || node.name;
    const gates = this.content.nodes.filter((other) => other.role === "gate");
    return [
      this.pass(direction, `gate ${gates.indexOf(node) + 1} of ${gates.length}`),
      html("h2", {}, formula.startsWith(`${node.name} =`) ? formula : `${node.name} = ${formula}`),
    ];
  }

  about(node) {
    const source = node.line && html("p", { class: "source" }, html("b", {}, `${node.line}  `), node.code ?? "");
    return [node.module && html("p", { class: "quiet" }, `in module ${node.module}`), source];
  }

  keywords(node) {
    return node.keywords ? html("p", { class: "quiet" }, node.keywords.join(", ")) : null;
  }

  leaf(i, parts, chosen) {
    const node = this.node(i);
    return html("section", { class: chosen === `leaf ${i}` ? "term chosen" : "term" }, html("h3", {}, node.name), ...parts);
  }

  operator(text) {
    return html("span", { class: "operator" }, text);
  }

  // What stands behind "=": on one line with it.
  result(figure) {
    return html("div", { class: "part" }, this.operator("="), figure);
  }

  // The inputs of a gate, with its sign between them or its name before them.
  applied(node) {
    const figures = (node.inputs ?? []).map(([name, array]) => this.array(array, name, "value"));
    if (node.infix) return [figures[0], this.operator(node.infix), figures[1]];
    return [this.operator(node.gate), ...figures];
  }

  // One input of the gate: what goes back to it.
  term(node, i, moment, chosen) {
    const edge = this.content.edges[i];
    const source = this.node(edge.from);
    const factors = edge.product
      ? this.factors(edge.product)
      : [this.array(edge.upstream, "upstream", "gradient"), this.operator("×"), this.local(node, edge)];
    const equation = [...factors, this.result(this.array(edge.contribution, `to ${source.name}`, "gradient"))];
    return html(
      "section",
      { class: chosen ? "term chosen" : "term", "data-edge": i },
      html("h3", {}, `to ${source.name}`),
      html("div", { class: "equation" }, ...equation),
      this.shapes(edge),
      this.folded(edge),
      this.met(edge.from, moment),
    );
  }

  // The local gradient: its numbers where it is one for each element, a mask for a router, else words.
  local(node, edge) {
    const words = edge.local ?? "";
    if (edge.localValue === undefined) return this.figure("local", html("div", { class: "words" }, words || "as the gate says"));
    const caption = words && !/^-?\d+$/.test(words) ? `local: ${words}` : "local";
    return node.kind === "route" ? this.array(edge.localValue, caption, "mask") : this.array(edge.localValue, caption, "");
  }

  factors([[leftName, left, leftTurned], [rightName, right, rightTurned]]) {
    const figure = (name, array, transposed) =>
      this.array(array, transposed ? `${name}ᵀ` : name, name === "upstream" ? "gradient" : "value", transposed);
    return [figure(leftName, left, leftTurned), this.operator("@"), figure(rightName, right, rightTurned)];
  }

  // The shapes of a matrix product, the axis that is summed over marked in both.
  shapes({ product, contribution, value }) {
    if (!product) return null;
    const [left, right] = product.map(([, array, transposed]) => turned(this.content.arrays[array].shape, transposed));
    const before = (shape) => shape.map((n) => `${n}×`).join("");
    const result = this.content.arrays[contribution ?? value].shape;
    return html("p", { class: "shapes" }, before(left.slice(0, -1)), html("b", {}, `${left.at(-1)}`), "  @  ", before(right.slice(0, -2)),
      html("b", {}, `${right.at(-2)}`), `×${right.at(-1)}  =  ${sizes(result)}`);
  }

  // Where the input was broadcast, the gradient is summed back to its shape.
  folded(edge) {
    if (edge.product || !edge.contribution || edge.upstream === undefined || !(edge.diagonal || edge.local === "1")) return null;
    const [from, to] = [edge.upstream, edge.contribution].map((i) => sizes(this.content.arrays[i].shape));
    return from === to ? null : html("p", { class: "quiet" }, `It was broadcast: summed back from ${from} to ${to}.`);
  }

  // The upstream that arrived at a node: as it is, or as the sum of what its uses sent.
  sum(i, moment) {
    const node = this.node(i);
    const sent = this.sent(i);
    const whole = this.array(node.gradient, `upstream: d ${this.node(this.content.output).name} / d ${node.name}`, "gradient");
    if (sent.length < 2) return node.gradient === undefined ? html("p", { class: "quiet" }, "The upstream is that of its several outputs.") : whole;
    return html("div", {}, html("p", { class: "quiet" }, `Used ${sent.length} times: what came back adds up.`), this.added(sent, moment, whole));
  }

  // Under a term: where the input has other uses, what has come back from them so far.
  met(i, moment) {
    const sent = this.sent(i);
    if (sent.length < 2) return null;
    const come = sent.filter((edge) => moment.sent(edge)).length;
    const { name, gradient } = this.node(i);
    const told = come === sent.length ? `all ${come} uses of ${name} have come back; they add up` : `${come} of ${sent.length} uses of ${name} have come back`;
    return html("div", { class: "sum" }, html("p", { class: "quiet" }, `Branches meet: ${told}.`), this.added(sent, moment, this.array(gradient, `gradient of ${name}`, "gradient")));
  }

  sent(i) {
    return this.content.edges.filter((edge) => edge.from === i && edge.contribution !== undefined);
  }

  added(sent, moment, whole) {
    const come = sent.filter((edge) => moment.sent(edge)).sort((a, b) => b.to - a.to);
    const parts = come.slice(0, MOST_TERMS).flatMap((edge, k) => [
      k ? this.operator("+") : null,
      this.array(edge.contribution, `by ${this.node(edge.to).name}`, "gradient"),
    ]);
    const more = come.length - MOST_TERMS;
    if (more > 0) parts.push(this.operator("+"), html("span", { class: "quiet" }, `${more} more`));
    parts.push(...(come.length < sent.length ? [this.operator("+"), html("span", { class: "quiet" }, "to come")] : [this.result(whole)]));
    return html("div", { class: "equation" }, ...parts.filter(Boolean));
  }

  // Arrays: a number, a little matrix, or a heat map with its shape, range and norm.

  figure(caption, body, kind = "") {
    return html("figure", kind ? { class: kind } : {}, caption && html("figcaption", {}, caption), body);
  }

  array(i, caption, kind, transposed = false) {
    if (i === undefined || i === null) return this.figure(caption, html("div", { class: "words" }, "several outputs"));
    const { shape, full, map, most, low, high, norm } = this.content.arrays[i];
    if (full !== undefined) return this.figure(caption, this.cells(full, shape, kind === "mask", transposed), kind);
    const seen = map && this.heat(map, most, `heat map of ${caption || "the array"}, ${sizes(shape)}, from ${number(low)} to ${number(high)}`, transposed);
    const facts = [sizes(turned(shape, transposed)), `${number(low, 3)} to ${number(high, 3)}`, `norm ${number(norm)}`];
    return this.figure(caption, html("div", {}, seen, html("div", { class: "facts" }, ...facts.map((fact) => html("div", {}, fact)))), kind);
  }

  cells(full, shape, mask, transposed) {
    const show = (value) => (mask && value === 1 ? "●" : mask && value === 0 ? "·" : number(value));
    const cell = (value) => html("span", typeof value === "string" ? { class: "odd" } : {}, show(value));
    if (!shape.length) return html("span", { class: "scalar cells" }, show(full));
    if (shape.includes(0)) return html("span", { class: "scalar cells" }, `empty, ${sizes(shape)}`);
    const rows = transposed ? transpose(rowsOf(full)) : rowsOf(full);
    const vector = shape.length === 1 || (shape.length > 2 && rows[0].length === 1);
    const grid = html("span", { class: vector ? "matrix vector cells" : "matrix cells" }, ...rows.flat().map(cell));
    grid.style.gridTemplateColumns = `repeat(${rows[0].length}, auto)`;
    return shape.length > 2 ? html("div", {}, grid, html("div", { class: "facts" }, sizes(shape))) : grid;
  }

  // Blue below zero, orange above; the middle is the paper's colour.
  heat(map, most, label, transposed) {
    const levels = map.map((row) => [...row].map((letter) => LEVELS.indexOf(letter)));
    const rows = transposed ? transpose(levels) : levels;
    const canvas = html("canvas", { role: "img", "aria-label": label, title: most ? `±${number(most)} at full colour` : "all zero" });
    const scale = Math.max(3, Math.min(9, Math.floor(132 / Math.max(rows.length, rows[0].length))));
    const ratio = Math.ceil(window.devicePixelRatio || 1);
    [canvas.width, canvas.height] = [rows[0].length * scale * ratio, rows.length * scale * ratio];
    [canvas.style.width, canvas.style.height] = [`${rows[0].length * scale}px`, `${rows.length * scale}px`];
    const pen = canvas.getContext("2d");
    pen.scale(ratio * scale, ratio * scale);
    rows.forEach((row, y) => row.forEach((level, x) => {
      pen.fillStyle = level < 0 ? this.colours.odd : this.colours.at(level);
      pen.fillRect(x, y, 1, 1);
    }));
    return canvas;
  }
}

// The colours of the present theme, from -most to most.
function palette() {
  const probe = html("i");
  document.body.append(probe);
  const colour = (name) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color.match(/[\d.]+/g).slice(0, 3).map(Number);
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

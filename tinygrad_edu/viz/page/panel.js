// The panel: the gate at hand, its equation forward, and back for each input: upstream × local = contribution.

const MOST_TERMS = 6; // of a long sum, so many are shown

class Panel {
  constructor(content, element) {
    this.content = content;
    this.element = element;
    this.figures = new Figures(content.arrays);
  }

  show(moment, chosen) {
    this.element.replaceChildren(...this[moment.phase](moment, chosen).filter(Boolean));
    const at = this.element.querySelector(".chosen");
    if (at) at.scrollIntoView({ block: "nearest" });
    else this.element.scrollTop = 0;
  }

  // The five phases; each gives the elements to show.

  inputs(moment, chosen) {
    const leaves = this.leaves();
    return [
      this.pass("forward", "What goes in"),
      html("h2", {}, leaves.length === 1 ? "One value is given" : `${leaves.length} values are given`),
      html("p", { class: "quiet" }, "Parameters and data, as they stand before the first gate."),
      ...leaves.map((i) => this.leaf(i, [this.figures.array(this.node(i).value, "", "value")], chosen)),
      html(
        "p",
        { class: "quiet" },
        html("kbd", {}, "→"),
        " next step, ",
        html("kbd", {}, "space"),
        " plays, ",
        html("kbd", {}, "/"),
        " searches, ",
        html("kbd", {}, "Home"),
        " ",
        html("kbd", {}, "End"),
      ),
    ];
  }

  forward(moment) {
    const node = this.node(moment.current);
    const result = this.figures.array(node.value, node.name, "value");
    const parts = node.product ? this.factors(node.product) : this.applied(node);
    return [
      ...this.heading(node, "forward"),
      html(
        "section",
        { class: "term" },
        html("div", { class: "equation" }, ...parts, this.result(result)),
        this.shapes(node),
      ),
      this.keywords(node),
      ...this.about(node),
    ];
  }

  start(moment) {
    const node = this.node(moment.current);
    const one = this.content.arrays[node.gradient].full === 1;
    return [
      this.pass("backward", "The walk back begins"),
      html("h2", {}, `d ${node.name} / d ${node.name}`),
      html(
        "p",
        {},
        one
          ? "The result's gradient with respect to itself; everything upstream is counted from here."
          : "The gradient the walk was started with.",
      ),
      html(
        "section",
        { class: "term" },
        this.figures.array(node.gradient, `upstream of ${node.name}`, "gradient"),
      ),
    ];
  }

  backward(moment, chosen) {
    const node = this.node(moment.current);
    const edges = this.into(moment.current).filter((i) => this.content.edges[i].contribution !== undefined);
    return [
      ...this.heading(node, "backward"),
      node.kind && html("p", { class: "flow" }, `${this.content.flows[node.kind]}.`),
      this.sent(moment.current).length > 1
        ? html("section", { class: "term" }, this.sum(moment.current, moment))
        : null,
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
      ...leaves.map((i) => this.leaf(i, [this.sum(i, moment), ...this.held(this.node(i))], chosen)),
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
    return html(
      "p",
      { class: `pass ${direction}` },
      direction === "backward" ? `◂ backward · ${words}` : `▸ forward · ${words}`,
    );
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
    const source =
      node.line && html("p", { class: "source" }, html("b", {}, `${node.line}  `), node.code ?? "");
    return [this.mark(node), node.module && html("p", { class: "quiet" }, `in module ${node.module}`), source];
  }

  // What .grad has from before: backward() adds to it.
  held(node) {
    if (node.held === undefined) return [];
    const words = `${node.name}.grad holds this already, and backward() adds to it; zero_grad() forgets it.`;
    return [html("p", { class: "mark" }, words), this.figures.array(node.held, `${node.name}.grad before`, "gradient")];
  }

  // What was found here.
  mark(node) {
    return node.mark ? html("p", { class: "mark" }, `⚠ ${node.mark}`) : null;
  }

  keywords(node) {
    return node.keywords ? html("p", { class: "quiet" }, node.keywords.join(", ")) : null;
  }

  leaf(i, parts, chosen) {
    const node = this.node(i);
    return html(
      "section",
      { class: chosen === `leaf ${i}` ? "term chosen" : "term" },
      html("h3", {}, node.name),
      ...parts,
      this.mark(node),
    );
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
    const figures = (node.inputs ?? []).map(([name, array]) => this.figures.array(array, name, "value"));
    if (node.infix) return [figures[0], this.operator(node.infix), figures[1]];
    return [this.operator(node.gate), ...figures];
  }

  // One input of the gate: what goes back to it.
  term(node, i, moment, chosen) {
    const edge = this.content.edges[i];
    const source = this.node(edge.from);
    const factors = edge.product
      ? this.factors(edge.product)
      : [
          this.figures.array(edge.upstream, edge.within ? "upstream g" : "upstream", "gradient"),
          this.operator(edge.within ? "in" : "×"),
          this.local(node, edge),
        ];
    const equation = [
      ...factors,
      this.result(this.figures.array(edge.contribution, `to ${source.name}`, "gradient")),
    ];
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
    if (/^-?\d+$/.test(words)) return this.figures.framed("local", this.figures.cells(Number(words), []));
    if (edge.localValue === undefined)
      return this.figures.framed("local", html("div", { class: "words" }, words || "as the gate says"));
    const kind = node.kind === "route" ? "mask" : "";
    return this.figures.array(edge.localValue, words ? `local: ${words}` : "local", kind);
  }

  factors([[leftName, left, leftTurned], [rightName, right, rightTurned]]) {
    const figure = (name, array, transposed) =>
      this.figures.array(
        array,
        transposed ? `${name}ᵀ` : name,
        name === "upstream" ? "gradient" : "value",
        transposed,
      );
    return [figure(leftName, left, leftTurned), this.operator("@"), figure(rightName, right, rightTurned)];
  }

  // The shapes of a matrix product, the axis that is summed over marked in both.
  shapes({ product, contribution, value }) {
    if (!product) return null;
    const [left, right] = product.map(([, array, transposed]) =>
      turned(this.content.arrays[array].shape, transposed),
    );
    const before = (shape) => shape.map((n) => `${n}×`).join("");
    const result = this.content.arrays[contribution ?? value].shape;
    return html(
      "p",
      { class: "shapes" },
      before(left.slice(0, -1)),
      html("b", {}, `${left.at(-1)}`),
      "  @  ",
      before(right.slice(0, -2)),
      html("b", {}, `${right.at(-2)}`),
      `×${right.at(-1)}  =  ${sizes(result)}`,
    );
  }

  // Where the input of an elementwise gate was broadcast, its gradient is summed back to its shape.
  folded({ diagonal, upstream, contribution }) {
    if (!diagonal) return null;
    const [from, to] = [upstream, contribution].map((i) => sizes(this.content.arrays[i].shape));
    const words = `It was broadcast: the product is summed back from ${from} to ${to}.`;
    return from === to ? null : html("p", { class: "quiet" }, words);
  }

  // The upstream that arrived at a node: as it is, as the sum of what its uses sent, or one for each output.
  sum(i, moment) {
    const node = this.node(i);
    const sent = this.sent(i);
    const whole = this.figures.array(
      node.gradient,
      `${node.role === "gate" ? "upstream: " : ""}d ${this.node(this.content.output).name} / d ${node.name}`,
      "gradient",
    );
    if (sent.length < 2)
      return node.gradient === undefined
        ? html("p", { class: "quiet" }, "The upstream is that of its several outputs.")
        : whole;
    const adds = node.gradient !== undefined;
    const told = adds
      ? `Used ${sent.length} times: what came back adds up.`
      : `Of its ${sent.length} outputs each has its own upstream.`;
    return html("div", {}, html("p", { class: "quiet" }, told), this.added(sent, moment, adds ? whole : null));
  }

  // Under a term: where the input has other uses, what has come back from them so far.
  met(i, moment) {
    const sent = this.sent(i);
    if (sent.length < 2) return null;
    const come = sent.filter((edge) => moment.sent(edge)).length;
    const { name, gradient } = this.node(i);
    const adds = gradient !== undefined;
    const what = adds ? "uses" : "outputs";
    const told =
      come === sent.length
        ? `all ${come} ${what} of ${name} have come back${adds ? "; they add up" : ""}`
        : `${come} of ${sent.length} ${what} of ${name} have come back`;
    return html(
      "div",
      { class: "sum" },
      html("p", { class: "quiet" }, `Branches meet: ${told}.`),
      this.added(sent, moment, adds ? this.figures.array(gradient, `gradient of ${name}`, "gradient") : null),
    );
  }

  sent(i) {
    return this.content.edges.filter((edge) => edge.from === i && edge.contribution !== undefined);
  }

  // What has come back so far, as a sum that makes `whole`; or side by side, if there is no whole.
  added(sent, moment, whole) {
    const sign = whole ? "+" : ",";
    const come = sent.filter((edge) => moment.sent(edge)).sort((a, b) => b.to - a.to);
    const parts = come
      .slice(0, MOST_TERMS)
      .flatMap((edge, k) => [
        k ? this.operator(sign) : null,
        this.figures.array(edge.contribution, `by ${this.node(edge.to).name}`, "gradient"),
      ]);
    const more = come.length - MOST_TERMS;
    if (more > 0) parts.push(this.operator(sign), html("span", { class: "quiet" }, `${more} more`));
    if (come.length < sent.length) parts.push(this.operator(sign), html("span", { class: "quiet" }, "to come"));
    else if (whole) parts.push(this.result(whole));
    return html("div", { class: "equation" }, ...parts.filter(Boolean));
  }
}

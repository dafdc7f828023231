// The page: which step is at hand, and everything that moves it: buttons, keys, links, the search, the clock.

const LEGIBLE = 0.8; // a long graph is not drawn smaller than that, unless a person asks

// A step, and what is known at it.
class Moment {
  constructor(content, step) {
    this.content = content;
    this.step = step;
    const { phase, node } = content.steps[step - 1];
    this.phase = phase;
    this.current = node;
    this.direction = phase === "inputs" || phase === "forward" ? "forward" : "backward";
  }

  known(i) {
    const at = this.content.made[i];
    return at === undefined || at <= this.step;
  }

  sent(edge) {
    return edge.contribution !== undefined && this.content.walked[edge.to] <= this.step;
  }

  // The gradient beside a wire: the whole one, or the terms that have come so far.
  arrived(i) {
    const { edges, nodes, uses, begin, output } = this.content;
    const back = uses[i].filter((k) => edges[k].contribution !== undefined);
    if (i === output) return begin <= this.step ? (nodes[i].gradientText ?? "") : "";
    const come = back.filter((k) => this.sent(edges[k]));
    if (!come.length) return "";
    if (come.length === back.length) return nodes[i].gradientText ?? "";
    return `${edges[come.at(-1)].text} + …`;
  }

  lit(edge) {
    if (this.current === null || this.phase === "start") return false;
    return edge.to === this.current && (this.direction === "forward" || edge.contribution !== undefined);
  }
}

class Page {
  constructor(content) {
    this.content = index(content);
    this.find = (id) => document.getElementById(id);
    this.picture = new Picture(content, this.find("picture"));
    this.panel = new Panel(content, this.find("panel"));
    this.chosen = null;
    this.step = 1;
    this.clock = null;
    this.found = [];
    this.describe();
    this.listen();
    letMove(this.picture);
    this.picture.fit(LEGIBLE);
    this.placeLegend();
    this.readLink();
  }

  // Steps.

  // A step that a person chose is a new place in the history; one of a sequence replaces the last.
  go(step, { chosen = null, jump = false } = {}) {
    this.step = Math.min(this.content.steps.length, Math.max(1, step));
    this.chosen = chosen;
    this.render();
    try {
      history[jump ? "pushState" : "replaceState"](null, "", `#step=${this.step}`);
    } catch {
      // in a notebook's frame there is no address to change
    }
  }

  render() {
    const moment = new Moment(this.content, this.step);
    this.picture.show(moment, this.chosen);
    this.panel.show(moment, this.chosen);
    const last = this.content.steps.length;
    this.find("scrubber").value = this.step;
    this.find("scrubber").setAttribute("aria-valuetext", `step ${this.step} of ${last}, ${moment.direction}`);
    this.find("count").textContent = `${this.step} / ${last}`;
    this.find("said").textContent = this.summary(moment);
    const at = this.subject(moment);
    if (at !== null) this.picture.follow(at);
  }

  // Where to look.
  subject(moment) {
    if (moment.current !== null) return moment.current;
    const leaf = /^leaf (\d+)$/.exec(this.chosen ?? "");
    return leaf ? Number(leaf[1]) : this.content.nodes.findIndex((node) => node.role === "leaf");
  }

  // One sentence for those who hear the page.
  summary(moment) {
    const heading = this.find("panel").querySelector("h2").textContent;
    const sent = moment.phase === "backward" ? this.content.edges.filter((edge) => moment.lit(edge)) : [];
    const terms = sent.map((edge) => `to ${this.content.nodes[edge.from].name}: ${edge.text}`);
    return `Step ${moment.step}, ${moment.direction}: ${[heading, ...terms].join("; ")}`;
  }

  readLink() {
    const found = /^#step=(\d+)$/.exec(location.hash);
    this.step = found ? Math.min(this.content.steps.length, Math.max(1, Number(found[1]))) : 1;
    this.chosen = null;
    this.render();
  }

  // To a node, in the pass that is at hand; a leaf has its place among the inputs, or the gradients.
  visit(i, chosen = null) {
    const { walked, made, steps, nodes } = this.content;
    const back = new Moment(this.content, this.step).direction === "backward";
    if (nodes[i].role !== "gate") {
      this.go(back && nodes[i].gradient !== undefined ? steps.length : 1, {
        chosen: `leaf ${i}`,
        jump: true,
      });
    } else {
      this.go((back ? walked[i] : made[i]) ?? made[i], { chosen, jump: true });
    }
  }

  play(on) {
    clearInterval(this.clock);
    this.clock = null;
    if (on && this.step === this.content.steps.length) this.go(1);
    if (on) this.clock = setInterval(() => this.tick(), Number(this.find("speed").value));
    this.find("play").textContent = on ? "Pause" : "Play";
    this.find("play").setAttribute("aria-label", on ? "Pause" : "Play");
  }

  tick() {
    this.go(this.step + 1);
    if (this.step === this.content.steps.length) this.play(false);
  }

  move(step, jump = false) {
    this.play(false);
    this.go(step, { jump });
  }

  // What is around the picture.

  describe() {
    const { nodes, steps, begin, notes, legend } = this.content;
    const count = (role) => nodes.filter((node) => node.role === role).length;
    const many = (n, word) => `${n} ${word}${n === 1 ? "" : "s"}`;
    this.find("about").textContent =
      `${many(count("gate"), "gate")}, ${count("leaf")} ${count("leaf") === 1 ? "leaf" : "leaves"}`;
    this.find("scrubber").max = steps.length;
    const [forward, backward] = this.find("passes").children;
    forward.style.flexGrow = (begin || steps.length + 1) - 1;
    backward.style.flexGrow = steps.length - begin + 1;
    forward.style.flexBasis = backward.style.flexBasis = "0";
    backward.hidden = !begin;
    this.find("notes").replaceChildren(...notes.map((note) => html("li", {}, note)));
    const list = this.find("legend").querySelector("dl");
    for (const [kind, says] of legend) list.append(this.mark(kind), html("dd", {}, `${kind}: ${says}`));
    this.find("legend").hidden = !legend.length;
  }

  mark(kind) {
    const picture = svg("svg", { width: 34, height: 22, "aria-hidden": true });
    const group = svg("g", { class: `node ${kind}` });
    drawShape(group, kind, 2, 11, 30, 18);
    picture.append(group);
    return html("dt", {}, picture);
  }

  // Open where it hides nothing of the picture.
  placeLegend() {
    const legend = this.find("legend");
    legend.open = true;
    const { view, room, content } = this.picture;
    legend.open = view.y + content.height * view.scale < room.height - legend.offsetHeight - 12;
  }

  search(jump) {
    const wanted = this.find("query").value.trim().toLowerCase();
    const texts = ({ name, gate, module, formula }) =>
      [name, gate, module, formula].filter(Boolean).join("\n").toLowerCase();
    this.found = wanted
      ? this.content.nodes.flatMap((node, i) => (texts(node).includes(wanted) ? [i] : []))
      : [];
    this.picture.mark(this.found);
    if (jump && this.found.length) {
      this.at = (this.at + 1) % this.found.length;
      this.play(false);
      this.visit(this.found[this.at]);
    }
    const place = this.at >= 0 ? `${this.at + 1} of ` : "";
    this.find("matches").textContent = wanted
      ? `${this.found.length ? place : ""}${this.found.length || "none"}`
      : "";
  }

  theme() {
    const dark = getComputedStyle(document.documentElement).colorScheme;
    const now = dark === "dark" || (dark !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
    document.documentElement.dataset.theme = now ? "light" : "dark";
    this.repaint();
  }

  repaint() {
    this.panel.figures.mix();
    this.render();
  }

  // Who moves it.

  listen() {
    const click = (id, act) => this.find(id).addEventListener("click", act);
    click("first", () => this.move(1, true));
    click("back", () => this.move(this.step - 1));
    click("next", () => this.move(this.step + 1));
    click("last", () => this.move(this.content.steps.length, true));
    click("play", () => this.play(!this.clock));
    click("theme", () => this.theme());
    click("zoom", (event) => this.zoom(Number(event.target.dataset.zoom ?? NaN)));
    click("picture", (event) => this.pick(event.target));
    this.find("scrubber").addEventListener("input", (event) => this.move(Number(event.target.value)));
    this.find("speed").addEventListener("change", () => this.clock && this.play(true));
    this.find("query").addEventListener("input", () => {
      this.at = -1;
      this.search(false);
    });
    this.find("search").addEventListener("submit", (event) => {
      event.preventDefault();
      this.search(true);
    });
    addEventListener("hashchange", () => this.readLink());
    addEventListener("popstate", () => this.readLink());
    addEventListener("keydown", (event) => this.key(event));
    addEventListener("resize", () => this.picture.fit(LEGIBLE) ?? this.render());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.repaint());
  }

  pick(target) {
    const node = target.closest("[data-node]");
    const wire = target.closest("[data-edge]");
    if (!node && !wire) return;
    this.play(false);
    if (node) this.visit(Number(node.dataset.node));
    else this.visit(this.content.edges[Number(wire.dataset.edge)].to, Number(wire.dataset.edge));
  }

  zoom(factor) {
    if (factor === 0) this.picture.fit();
    else if (factor) this.picture.zoom(factor);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { target, key } = event;
    const typing = target.matches("input[type=search], select");
    if (typing) {
      if (key === "Escape") target.blur();
      return;
    }
    const act = {
      ArrowRight: () => this.move(this.step + 1),
      ArrowLeft: () => this.move(this.step - 1),
      Home: () => this.move(1, true),
      End: () => this.move(this.content.steps.length, true),
      "/": () => this.find("query").focus(),
      "+": () => this.zoom(1.25),
      "-": () => this.zoom(0.8),
      0: () => this.zoom(0),
    }[key];
    if (act) {
      event.preventDefault();
      act();
    } else if (key === " " && !target.matches("button, summary")) {
      event.preventDefault();
      this.play(!this.clock);
    } else if (key === "Enter" && target.closest("[data-node]")) {
      this.pick(target);
    }
  }
}

// Adds to the content where each node is made and walked, and its uses.
function index(content) {
  content.made = {};
  content.walked = {};
  content.begin = 0;
  content.steps.forEach(({ phase, node }, i) => {
    if (phase === "forward") content.made[node] = i + 1;
    if (phase === "backward") content.walked[node] = i + 1;
    if (phase === "start") content.begin = i + 1;
  });
  content.uses = content.nodes.map(() => []);
  content.edges.forEach((edge, k) => content.uses[edge.from].push(k));
  return content;
}

new Page(JSON.parse(document.getElementById("content").textContent));

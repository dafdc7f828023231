// The picture: gates, wires and boxes once drawn; each step only changes their classes and labels.

const GLYPH = 34;

function svg(tag, attributes = {}, text = null) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text !== null) element.textContent = text;
  return element;
}

// One shape for each kind, so that none is told by its colour alone.
function outline(kind, x, y, w, h, grow = 0) {
  const [left, right, top, low] = [x - grow, x + w + grow, y - h / 2 - grow, y + h / 2 + grow];
  const middle = (left + right) / 2;
  const polygon = (...points) => svg("polygon", { points: points.map((p) => p.join(",")).join(" ") });
  if (kind === "route") return polygon([left, y], [middle, top], [right, y], [middle, low]);
  if (kind === "slope")
    return polygon(
      [left, y],
      [left + 9, top],
      [right - 9, top],
      [right, y],
      [right - 9, low],
      [left + 9, low],
    );
  if (kind === "reshape") return polygon([left + 9, top], [right, top], [right - 9, low], [left, low]);
  const round = kind === "distribute" || kind === "switch" ? h / 2 + grow : kind === "custom" ? 0 : 6;
  return svg("rect", { x: left, y: top, width: right - left, height: low - top, rx: round });
}

function drawShape(group, kind, x, y, w, h) {
  const shape = outline(kind, x, y, w, h);
  shape.classList.add("shape");
  group.append(shape);
  if (kind === "switch") {
    const inner = outline(kind, x, y, w, h, -3.5);
    inner.classList.add("shape");
    group.append(inner);
  }
}

class Picture {
  constructor(content, frame) {
    this.content = content;
    this.frame = frame;
    this.everything = svg("svg", { id: "everything", width: content.width, height: content.height });
    this.view = { x: 0, y: 0, scale: 1 };
    this.states = new Map();
    this.matches = [];
    frame.append(this.everything);
    for (const module of content.modules) this.drawModule(module);
    this.wires = content.edges.map((edge, i) => this.drawWire(edge, i));
    this.nodes = content.nodes.map((node, i) => this.drawNode(node, i));
  }

  drawModule({ name, title, d, x, y }) {
    const group = svg("g", { class: "module" });
    group.append(svg("title", {}, title), svg("path", { d }), svg("text", { x: x + 8, y: y + 11 }, name));
    this.everything.append(group);
  }

  drawWire(edge, i) {
    const group = svg("g", { class: "wire", "data-edge": i });
    group.append(svg("path", { class: "line", d: edge.d }), svg("path", { class: "grip", d: edge.d }));
    this.everything.append(group);
    return group;
  }

  drawNode(node, i) {
    const { x, y, w } = node;
    const group = svg("g", {
      class: `node ${node.role} ${node.kind ?? ""}`,
      "data-node": i,
      role: "button",
      tabindex: -1,
    });
    const right = x + w;
    if (i === this.content.output)
      group.append(svg("path", { class: "stub", d: `M${right} ${y}H${node.end}` }));
    const ring = outline(node.kind, x, y, w, GLYPH, 6);
    ring.classList.add("ring");
    group.append(ring);
    if (node.mark) {
      const mark = outline(node.kind, x, y, w, GLYPH, 8);
      mark.classList.add("mark");
      group.prepend(mark);
      group.append(svg("title", {}, node.mark));
    }
    drawShape(group, node.kind, x, y, w, GLYPH);
    group.append(svg("text", { class: "sign", x: x + w / 2, y }, node.sign));
    group.append(svg("text", { class: "arrow", x: x + w / 2, y: y - GLYPH / 2 - 15 }));
    group.append(svg("text", { class: "value", x: right + 9, y: y - 10 }));
    group.append(svg("text", { class: "gradient", x: right + 9, y: y + 11 }));
    if (node.wire) group.append(svg("text", { class: "name", x: right + 9, y: y - 25 }, node.wire));
    this.everything.append(group);
    return group;
  }

  // Show the state of a step: what is known, what has arrived, what is at hand.
  show(moment, chosen) {
    this.content.nodes.forEach((node, i) => this.showNode(node, i, moment));
    this.content.edges.forEach((edge, i) => {
      const names = `wire ${moment.lit(edge) ? `lit ${moment.direction}` : ""} ${i === chosen ? "chosen" : ""}`;
      if (this.changed(this.wires[i], names)) this.wires[i].setAttribute("class", names);
    });
  }

  // Whether an element's state is another than at the last step: of a large graph, few are.
  changed(element, state) {
    const before = this.states.get(element);
    this.states.set(element, state);
    return before !== state;
  }

  showNode(node, i, moment) {
    const group = this.nodes[i];
    const current = moment.current === i;
    const known = moment.known(i);
    const arrived = moment.arrived(i);
    const reachable = current || (moment.current === null && i === 0);
    const states = { future: !known, known, back: arrived !== "", current, [moment.direction]: current };
    const names = Object.keys(states).filter((name) => states[name]);
    const match = this.matches.includes(i) ? "match" : "";
    const classes = ["node", node.role, node.kind ?? "", match, ...names].join(" ");
    if (!this.changed(group, `${classes} ${reachable} ${arrived}`)) return;
    group.setAttribute("class", classes);
    group.setAttribute("tabindex", reachable ? 0 : -1);
    group.querySelector(".value").textContent = known ? (node.valueText ?? "") : "";
    group.querySelector(".gradient").textContent = arrived;
    group.querySelector(".arrow").textContent = moment.direction === "backward" ? "◂" : "▸";
    const told = [
      node.name,
      node.formula,
      known && `value ${node.valueText ?? ""}`,
      arrived && `gradient ${arrived}`,
      node.mark,
    ];
    group.setAttribute("aria-label", told.filter(Boolean).join(", "));
  }

  mark(matches) {
    this.matches = matches;
    this.nodes.forEach((group, i) => group.classList.toggle("match", matches.includes(i)));
  }

  // Where the picture stands in its frame.

  place(gliding = false) {
    const { x, y, scale } = this.view;
    this.everything.classList.toggle("gliding", gliding);
    this.everything.style.transform = `translate(${x}px, ${y}px) scale(${scale})`;
  }

  get room() {
    return { width: this.frame.clientWidth, height: this.frame.clientHeight };
  }

  // The whole graph, but never much larger than life; `least` keeps a long one legible.
  fit(least = 0) {
    const { width, height } = this.content;
    const whole = Math.min(this.room.width / width, this.room.height / height, 1.35);
    const scale = Math.max(whole, least);
    const middle = (room, size) => inside((room - size) / 2, room, size);
    this.view = {
      scale,
      x: middle(this.room.width, width * scale),
      y: middle(this.room.height, height * scale),
    };
    this.place();
  }

  zoom(factor, x = this.room.width / 2, y = this.room.height / 2) {
    const scale = Math.min(4, Math.max(0.02, this.view.scale * factor));
    const by = scale / this.view.scale;
    this.view = { scale, x: x - (x - this.view.x) * by, y: y - (y - this.view.y) * by };
    this.place();
  }

  pan(dx, dy) {
    this.view.x += dx;
    this.view.y += dy;
    this.place();
  }

  // Bring a node into the middle, if it is not well within the frame already.
  follow(i) {
    const node = this.content.nodes[i];
    const { scale } = this.view;
    const [x, y] = [this.view.x + (node.x + node.w / 2) * scale, this.view.y + node.y * scale];
    const { width, height } = this.room;
    const [near, far] = [Math.min(150, width / 4), Math.min(70, height / 4)];
    if (x > near && x < width - near && y > far && y < height - far) return;
    this.view.x = inside(this.view.x + width / 2 - x, width, this.content.width * scale);
    this.view.y = inside(this.view.y + height / 2 - y, height, this.content.height * scale);
    this.place(true);
  }
}

// A graph that is larger than its frame leaves no empty margin in it; a smaller one stands in the middle.
function inside(offset, room, size) {
  return size <= room ? (room - size) / 2 : Math.min(0, Math.max(room - size, offset));
}

// Drag, wheel and pinch.
function letMove(picture) {
  const frame = picture.frame;
  const fingers = new Map();
  let moved = 0;
  const spread = () => {
    const [a, b] = [...fingers.values()];
    return Math.hypot(a.x - b.x, a.y - b.y);
  };
  const place = (event) => {
    const { left, top } = frame.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  };
  frame.addEventListener("pointerdown", (event) => {
    fingers.set(event.pointerId, place(event));
    moved = 0;
  });
  frame.addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    const now = place(event);
    const wide = fingers.size === 2 ? spread() : 0;
    fingers.set(event.pointerId, now);
    if (fingers.size === 2) picture.zoom(spread() / wide, now.x, now.y);
    else picture.pan(now.x - before.x, now.y - before.y);
    moved += Math.abs(now.x - before.x) + Math.abs(now.y - before.y);
    if (moved > 6) frame.setPointerCapture(event.pointerId); // from here on it is a drag, not a click
  });
  for (const end of ["pointerup", "pointercancel"])
    frame.addEventListener(end, (event) => fingers.delete(event.pointerId));
  frame.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const { x, y } = place(event);
      picture.zoom(Math.exp(-event.deltaY / 400), x, y);
    },
    { passive: false },
  );
}

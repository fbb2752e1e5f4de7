// A program as a drawing: parents above their children, one shape for the page, the steps and the
// file that is saved.

import { draw } from "./dom.js";
import { cut } from "./values.js";

const LETTER = 8; // pixels, of the font of the nodes
const HEIGHT = 28;
const LEVEL = 62;
const GAP = 14;
const MARGIN = 8;
const SMALLEST = 0.7; // of its size, that a drawing shrinks to where there is no room
const LONGEST = 24; // letters of a node; the rest is in its title

/**
 * Return the nodes of nested lists in pre-order.
 *
 * @returns {{symbol: string, depth: number, parent: number, children: number[]}[]}
 */
export function nodesOf(shortTree) {
  const nodes = [];
  const walk = (tree, depth, parent) => {
    const [symbol, ...below] = Array.isArray(tree) ? tree : [tree];
    const number = nodes.length;
    nodes.push({ symbol: String(symbol), depth, parent, children: [] });
    if (parent >= 0) nodes[parent].children.push(number);
    below.forEach((each) => walk(each, depth + 1, number));
  };
  walk(shortTree, 0, -1);
  return nodes;
}

function placed(nodes) {
  const own = nodes.map(({ symbol }) => Math.max(HEIGHT, LETTER * Math.min(symbol.length, LONGEST) + 18));
  const widths = new Array(nodes.length);
  for (let i = nodes.length - 1; i >= 0; i--) {
    const below = nodes[i].children.reduce((sum, child) => sum + widths[child] + GAP, -GAP);
    widths[i] = Math.max(own[i], below);
  }
  const places = [];
  const place = (i, left) => {
    const { children, depth } = nodes[i];
    const below = children.reduce((sum, child) => sum + widths[child] + GAP, -GAP);
    let next = left + (widths[i] - below) / 2;
    for (const child of children) {
      place(child, next);
      next += widths[child] + GAP;
    }
    const ends = [children[0], children.at(-1)].map((child) => places[child]?.x);
    const x = children.length ? (ends[0] + ends[1]) / 2 : left + widths[i] / 2;
    // Above its children, and never outside its own strip.
    const half = own[i] / 2;
    const kept = Math.min(Math.max(x, left + half), left + widths[i] - half);
    places[i] = { x: kept, y: MARGIN + HEIGHT / 2 + depth * LEVEL, width: own[i] };
  };
  place(0, MARGIN);
  const depth = Math.max(...nodes.map((node) => node.depth));
  return { places, width: widths[0] + 2 * MARGIN, height: depth * LEVEL + HEIGHT + 2 * MARGIN };
}

/**
 * Draw a tree.
 *
 * @param nodes - see `nodesOf`.
 * @param {string} label - what a screen reader calls the drawing.
 * @param {string[] | null} names - of each node for a screen reader; null: the drawing is one
 *   picture, whose nodes cannot be reached by the keyboard.
 */
export function drawTree(nodes, label, names = null) {
  const { places, width, height } = placed(nodes);
  const lines = nodes.map(({ parent }, i) => {
    if (parent < 0) return "";
    const [above, here] = [places[parent], places[i]];
    const [top, bottom] = [above.y + HEIGHT / 2, here.y - HEIGHT / 2];
    const middle = (top + bottom) / 2;
    const path = `M${above.x} ${top}C${above.x} ${middle} ${here.x} ${middle} ${here.x} ${bottom}`;
    return draw("path", { class: "edge", d: path, "data-node": i });
  });
  const boxes = nodes.map(({ symbol, children }, i) => {
    const { x, y, width: w } = places[i];
    const reach = names === null ? {} : { tabindex: i ? -1 : 0, role: "button", "aria-label": names[i] };
    const shape = { x: -w / 2, y: -HEIGHT / 2, width: w, height: HEIGHT, rx: children.length ? 6 : HEIGHT / 2 };
    return draw(
      "g",
      { class: children.length ? "node" : "node leaf", transform: `translate(${x} ${y})`, "data-node": i, ...reach },
      draw("title", {}, symbol),
      draw("rect", shape),
      draw("text", { "text-anchor": "middle", dy: "0.35em" }, cut(symbol, LONGEST)),
    );
  });
  const role = names === null ? "img" : "group";
  const size = { viewBox: `0 0 ${width} ${height}`, width, height };
  const picture = draw("svg", { ...size, role, "aria-label": label }, ...lines, ...boxes);
  picture.style.minWidth = `${SMALLEST * width}px`; // narrower than that, it scrolls
  return picture;
}

const STYLE = `
.edge{fill:none;stroke:#8a94a6;stroke-width:1.5}
.node rect{fill:#eef2fc;stroke:#4a6fd8;stroke-width:1.2}
.leaf rect{fill:#f3f4f6;stroke:#8a94a6}
text{font:13px ui-monospace,Menlo,Consolas,monospace;fill:#1c2333}
@media (prefers-color-scheme:dark){
.node rect{fill:#222c47;stroke:#8aa6f5}.leaf rect{fill:#262b36;stroke:#8a94a6}text{fill:#e6e9f0}}`;

/** Return a drawing as the text of a file that needs no page around it. */
export function svgFile(shortTree, label) {
  const picture = drawTree(nodesOf(shortTree), label);
  picture.prepend(draw("title", {}, label));
  // As text: a style element in the page would be against its own rules.
  return new XMLSerializer().serializeToString(picture).replace(">", `><style>${STYLE}</style>`);
}

/**
 * Let a person point at nodes and words: with either, those of the other kind light up that the
 * model connects with it.
 *
 * @param {SVGElement} picture - of `drawTree`, with names.
 * @param {HTMLElement[]} words
 * @param explanation - words and nodes as the service has them.
 * @param {(text: string) => void} tell - says in words what is shown.
 */
export function connect(picture, words, explanation, tell) {
  const boxes = [...picture.querySelectorAll(".node")];
  const share = (node, word) => explanation.nodes[node].attention?.[word] ?? 0;
  const light = (elements, shares) =>
    elements.forEach((element, i) => {
      element.classList.toggle("lit", shares !== null && shares(i) >= 0.01);
      element.style.setProperty("--share", shares === null ? 0 : shares(i));
    });
  const clear = () => {
    light(words, null);
    light(boxes, null);
    tell("");
  };
  const point = (element, show) => {
    for (const begin of ["pointerenter", "focus"]) element.addEventListener(begin, show);
    for (const end of ["pointerleave", "blur"]) element.addEventListener(end, clear);
  };
  boxes.forEach((box, node) =>
    point(box, () => {
      clear();
      light(words, (word) => share(node, word));
      tell(lookedAt(explanation, node));
    }),
  );
  words.forEach((element, word) =>
    point(element, () => {
      clear();
      light(boxes, (node) => share(node, word));
      tell(lookedBy(explanation, word));
    }),
  );
}

const shares = (found) =>
  found
    .filter(([, share]) => share >= 0.01)
    .sort((a, b) => b[1] - a[1])
    .map(([name, share]) => `${name} ${Math.round(100 * share)} %`)
    .join(", ");

/** "sum looked at: of 78 %, the 22 %". */
export function lookedAt({ words, nodes }, node) {
  const { symbol, attention } = nodes[node];
  return attention ? `${symbol} looked at: ${shares(words.map((word, i) => [word, attention[i]]))}` : "";
}

export function lookedBy({ words, nodes }, word) {
  const found = shares(nodes.map(({ symbol, attention }) => [symbol, attention?.[word] ?? 0]));
  return `${words[word]}: ${found ? `looked at for ${found}` : "no node looked at it"}`;
}

/** Let arrow keys go through a tree: up, down and sideways, one node in the order of Tab. */
export function walkable(picture, nodes) {
  const boxes = [...picture.querySelectorAll(".node")];
  picture.addEventListener("keydown", (event) => {
    const at = Number(event.target.closest(".node")?.dataset.node);
    if (Number.isNaN(at)) return;
    const siblings = nodes[at].parent < 0 ? [at] : nodes[nodes[at].parent].children;
    const beside = (step) => siblings[siblings.indexOf(at) + step];
    const to = {
      ArrowUp: nodes[at].parent,
      ArrowDown: nodes[at].children[0],
      ArrowLeft: beside(-1),
      ArrowRight: beside(1),
    }[event.key];
    if (to === undefined || to < 0) return;
    event.preventDefault();
    boxes.forEach((box, i) => box.setAttribute("tabindex", i === to ? 0 : -1));
    boxes[to].focus();
  });
}

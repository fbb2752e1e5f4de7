// How a program was written: the tree grows node by node, with what else was likely at each.

import { byId, make, percent } from "./dom.js";
import { drawTree, lookedAt } from "./tree.js";

const N_LIKELIEST = 3;

export class Steps {
  #slider = byId("step");
  #nodes = [];
  #explanation = null;

  constructor() {
    this.#slider.addEventListener("input", () => this.#show());
    byId("step-back").addEventListener("click", () => this.#go(-1));
    byId("step-on").addEventListener("click", () => this.#go(1));
    byId("steps").addEventListener("keydown", (event) => {
      // The slider has the arrow keys already.
      if (event.target === this.#slider || !["ArrowLeft", "ArrowRight"].includes(event.key)) return;
      event.preventDefault();
      this.#go(event.key === "ArrowLeft" ? -1 : 1);
    });
    byId("steps").addEventListener("toggle", () => byId("steps").open && this.#show());
  }

  /** Take a program and its explanation; null where there is none. */
  take(nodes, explanation) {
    byId("steps").hidden = explanation === null;
    this.#nodes = nodes;
    this.#explanation = explanation;
    this.#slider.max = nodes.length;
    this.#slider.value = 1;
    if (byId("steps").open) this.#show();
  }

  #go(step) {
    this.#slider.value = Number(this.#slider.value) + step;
    this.#show();
  }

  #show() {
    if (this.#explanation === null) return;
    const at = Number(this.#slider.value) - 1;
    const { symbol, probability, likeliest } = this.#explanation.nodes[at];
    const parent = this.#nodes[at].parent;
    const where = parent < 0 ? "At the root" : `Below ${this.#nodes[parent].symbol}`;
    const n = this.#nodes.length;
    this.#slider.setAttribute("aria-valuetext", `${at + 1} of ${n}: ${symbol}`);
    byId("step-words").textContent =
      `Step ${at + 1} of ${n}. ${where} the model wrote ${symbol}, with ${percent(probability)}. ` +
      lookedAt(this.#explanation, at);
    byId("step-back").disabled = at === 0;
    byId("step-on").disabled = at === n - 1;
    this.#showLabels(symbol, likeliest);
    this.#showTree(at);
  }

  #showLabels(symbol, likeliest) {
    const rows = likeliest.slice(0, N_LIKELIEST).map(([label, p]) =>
      make(
        "tr",
        { class: label === symbol ? "chosen" : null },
        make("th", { scope: "row" }, make("code", {}, label)),
        make("td", {}, make("meter", { min: 0, max: 1, value: p, "aria-label": `probability of ${label}` })),
        make("td", {}, percent(p)),
      ),
    );
    byId("step-labels").replaceChildren(make("caption", {}, "The likeliest labels there"), ...rows);
  }

  #showTree(at) {
    const picture = drawTree(this.#nodes, `The tree after ${at + 1} nodes`);
    for (const part of picture.querySelectorAll("[data-node]")) {
      const node = Number(part.dataset.node);
      part.classList.toggle("later", node > at);
      part.classList.toggle("now", node === at);
    }
    const frame = byId("step-tree");
    frame.replaceChildren(picture);
    const node = picture.querySelector(".node.now").getBoundingClientRect();
    const { left, width } = frame.getBoundingClientRect();
    frame.scrollLeft += node.left + node.width / 2 - left - width / 2;
  }
}

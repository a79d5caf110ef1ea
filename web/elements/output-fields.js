// @ts-check
import { emit, h } from "../dom.js";
import { freshId } from "../fields.js";
/** @typedef {import("../types.js").State} State */
/** @typedef {import("../types.js").Draft["output"]} Output */

/** @type {readonly {key: keyof Output, label: string, about: string}[]} */
const KEPT = Object.freeze([
  { key: "masks", label: "Masks", about: "The object, by what came into focus: photogrammetry then ignores the background." },
  { key: "depth", label: "Depth maps", about: "Where each point came into focus, as 16-bit pictures." },
]);

/** What is kept of each position beside its stacked image and its slices. */
export class OutputFields extends HTMLElement {
  /** @type {Output} */
  #output = { masks: true, depth: false };
  #switches = KEPT.map((kept) => this.#switch(kept));

  connectedCallback() {
    this.replaceChildren(h("section", { class: "card" }, h("h2", {}, "Beside each image"),
      h("div", { class: "switches" }, ...this.#switches.map(({ field }) => field))));
  }

  /** @param {State} state */
  update({ draft }) {
    this.#output = draft.output;
    for (const { key, input } of this.#switches) input.checked = draft.output[key];
  }

  /** @param {typeof KEPT[number]} kept */
  #switch({ key, label, about }) {
    const id = freshId();
    const input = h("input", { id, type: "checkbox", role: "switch", "aria-describedby": `${id}-hint`,
      onchange: () => emit(this, "change-plan", { output: { ...this.#output, [key]: input.checked } }) });
    const field = h("div", { class: "switch" }, input, h("label", { for: id }, label), h("p", { class: "hint", id: `${id}-hint` }, about));
    return { key, input, field };
  }
}

customElements.define("output-fields", OutputFields);

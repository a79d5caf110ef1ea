// @ts-check
import { emit, h, setAttribute, setText, show } from "../dom.js";
import { button, freshId } from "../fields.js";
import { distance, lens as dioptres } from "../format.js";
import { activity } from "../state.js";
/** @typedef {import("../types.js").State} State */
/** @typedef {import("../types.js").LensFacts} LensFacts */

const FINE = 5;

/** Step 1: move the lens and watch; what is sharp now can become the near or far end of the sweep. */
export class LensSlider extends HTMLElement {
  #id = freshId();
  #slider = h("input", { id: this.#id, type: "range", oninput: () => this.#move(this.#slider.valueAsNumber) });
  #value = h("output", { for: this.#id });
  #band = h("div", { class: "band", "aria-hidden": "true" });
  #setFar = button({ label: "Set far", icon: "far", onclick: () => emit(this, "change-plan", { far: this.#here() }) });
  #setNear = button({ label: "Set near", icon: "near", onclick: () => emit(this, "change-plan", { near: this.#here() }) });
  #live = h("fieldset", {},
    h("div", { class: "row spread" }, h("label", { for: this.#id }, "Lens position"), this.#value),
    h("div", { class: "row" },
      button({ label: "A little farther", icon: "minus", text: false, onclick: () => this.#nudge(-1) }),
      h("div", { class: "track" }, this.#band, this.#slider),
      button({ label: "A little nearer", icon: "plus", text: false, onclick: () => this.#nudge(1) })),
    h("div", { class: "row ends" }, this.#setFar, this.#setNear));
  #fixed = h("p", { class: "hint" }, "This camera has fixed focus: there is no lens to move.");
  /** @type {LensFacts|null} */
  #facts = null;

  connectedCallback() {
    this.replaceChildren(
      h("h2", {}, h("span", { class: "step" }, "1"), "Look"),
      h("p", { class: "hint" }, "Make the nearest part of the object sharp and set near; then the farthest part, and set far."),
      this.#live, this.#fixed);
  }

  /** @param {State} state */
  update(state) {
    const { status, draft, busy } = state;
    const camera = status?.rig.facts?.camera;
    this.#facts = camera?.lens ?? null;
    show(this.#live, this.#facts !== null);
    show(this.#fixed, camera?.lens === null);
    const moving = busy.has("lens");
    this.#live.disabled = activity(state) !== "";
    if (status && this.#facts) this.#draw(this.#facts, moving ? null : status.rig.lens, draft, moving || status.rig.lens !== null);
  }

  /** @param {LensFacts} facts @param {number|null} lens @param {import("../types.js").Draft} draft @param {boolean} known */
  #draw(facts, lens, draft, known) {
    for (const [name, value] of Object.entries({ min: facts.far, max: facts.near, step: facts.step })) {
      setAttribute(this.#slider, name, value);
    }
    const at = known ? lens : (facts.near + facts.far) / 2;
    if (at !== null && this.#slider.valueAsNumber !== at) this.#slider.valueAsNumber = at;
    if (known) this.#say(this.#slider.valueAsNumber);
    else setText(this.#value, "not known yet");
    for (const each of [this.#setFar, this.#setNear]) each.disabled = !known;
    this.#mark(draft.near ?? facts.near, draft.far ?? facts.far, facts);
    this.#band.classList.toggle("open", draft.near === null || draft.far === null);
  }

  /** @param {number} lens */
  #say(lens) {
    setText(this.#value, `${dioptres(lens)} · ${distance(lens)}`);
    this.#slider.setAttribute("aria-valuetext", `${dioptres(lens)}, sharp at about ${distance(lens)}`);
  }

  /** @param {number} near @param {number} far @param {LensFacts} facts */
  #mark(near, far, facts) {
    const share = (/** @type {number} */ lens) => `${100 * Math.min(1, Math.max(0, (lens - facts.far) / (facts.near - facts.far)))}%`;
    this.#band.style.setProperty("--from", share(Math.min(far, near)));
    this.#band.style.setProperty("--to", share(Math.max(far, near)));
  }

  /** @param {number} lens */
  #move(lens) {
    this.#say(lens);
    emit(this, "move-lens", { lens });
  }

  /** @param {1|-1} way */
  #nudge(way) {
    if (!this.#facts) return;
    this.#slider.valueAsNumber = this.#slider.valueAsNumber + way * Math.max(this.#facts.step, (this.#facts.near - this.#facts.far) / 100 / FINE);
    this.#move(this.#slider.valueAsNumber);
  }

  #here() {
    return Number(this.#slider.valueAsNumber.toFixed(3));
  }
}

customElements.define("lens-slider", LensSlider);

// @ts-check
import { emit, h, setAttribute, setText, show } from "../dom.js";
import { button, freshId } from "../fields.js";
import { distance, driveOf, place } from "../focus.js";
import { activity } from "../state.js";
/** @typedef {import("../types.js").State} State */
/** @typedef {import("../types.js").FocusFacts} FocusFacts */

const NUDGES = 500;
const LABEL = Object.freeze({ lens: "Lens position", rail: "Rail position", fixed: "" });
const HOW = "Make the nearest part of the object sharp and set near; then the farthest part, and set far.";
const MISSING = "The focus is moved here as soon as the rig is open.";
const LOST = "Where the rail stands is not known: find its zero first, under “Move by hand”.";

/** Step 1: move the focus and watch; what is sharp now can become the near or far end of the sweep. */
export class FocusSlider extends HTMLElement {
  #id = freshId();
  #slider = h("input", { id: this.#id, type: "range", oninput: () => this.#move(this.#slider.valueAsNumber) });
  #label = h("label", { for: this.#id });
  #value = h("output", { for: this.#id });
  #band = h("div", { class: "band", "aria-hidden": "true" });
  #setFar = button({ label: "Set far", icon: "far", onclick: () => emit(this, "change-plan", { far: this.#here() }) });
  #setNear = button({ label: "Set near", icon: "near", onclick: () => emit(this, "change-plan", { near: this.#here() }) });
  #live = h("fieldset", {},
    h("div", { class: "row spread wrap" }, this.#label, this.#value),
    h("div", { class: "row" },
      button({ label: "A little farther", icon: "minus", text: false, onclick: () => this.#nudge(-1) }),
      h("div", { class: "track" }, this.#band, this.#slider),
      button({ label: "A little nearer", icon: "plus", text: false, onclick: () => this.#nudge(1) })),
    h("div", { class: "row ends" }, this.#setFar, this.#setNear));
  #raw = h("p", { class: "hint raw" }, h("span", { class: "badge", "data-state": "paused" }, "uncalibrated"),
    h("span", {}, " Distances are what the lens says of itself, and can be far off. Measure them under “Focus scale”."));
  #how = h("p", { class: "hint" });
  #fixed = h("p", {}, "Fixed focus: one picture a position is taken; there is no range to set. With a lens drive or a rail, all of the object would get sharp.");
  /** @type {FocusFacts|null} */
  #facts = null;
  /** @type {import("../types.js").FocusScale|null} */
  #scale = null;

  connectedCallback() {
    this.replaceChildren(
      h("h2", {}, h("span", { class: "step" }, "1"), "Look"), this.#how, this.#live, this.#raw, this.#fixed);
  }

  /** @param {State} state */
  update(state) {
    const facts = driveOf(state);
    const fixed = facts?.drive === "fixed";
    show(this.#fixed, fixed);
    show(this.#how, !fixed);
    this.#facts = fixed ? null : facts;
    show(this.#live, this.#facts !== null);
    if (facts === null) setText(this.#how, MISSING);
    this.#draw(state);
  }

  /** @param {State} state */
  #draw(state) {
    const { focus = null, focus_scale: scale = null } = state.status?.rig ?? {};
    const facts = this.#facts;
    this.#scale = scale;
    show(this.#raw, facts?.drive === "lens" && scale === null);
    if (facts) this.#show(facts, focus, state);
  }

  /** @param {FocusFacts} facts @param {number|null} focus @param {State} state */
  #show(facts, focus, state) {
    const moving = state.busy.has("focus");
    const known = moving || focus !== null;
    this.#place(facts, focus ?? (facts.near + facts.far) / 2, moving);
    if (known) this.#say(this.#slider.valueAsNumber);
    else setText(this.#value, "not known yet");
    const lost = !known && facts.drive === "rail";
    setText(this.#how, lost ? LOST : HOW);
    this.#live.disabled = lost || activity(state) !== "";
    for (const each of [this.#setFar, this.#setNear]) each.disabled = !known;
    this.#mark(state.draft, facts);
  }

  /** The slider on its scale; one that is being dragged stays in the hand. @param {FocusFacts} facts @param {number} at @param {boolean} moving */
  #place(facts, at, moving) {
    setText(this.#label, LABEL[facts.drive]);
    for (const [name, value] of Object.entries({ min: facts.far, max: facts.near, step: facts.step })) {
      setAttribute(this.#slider, name, value);
    }
    if (!moving && this.#slider.valueAsNumber !== at) this.#slider.valueAsNumber = at;
  }

  /** @param {number} position */
  #say(position) {
    if (!this.#facts) return;
    const { drive, unit } = this.#facts;
    const away = drive === "lens" ? distance(position, this.#scale) : "";
    setText(this.#value, [place(position, unit), away].filter(Boolean).join(" · "));
    setAttribute(this.#slider, "aria-valuetext", place(position, unit) + (away && `, sharp at about ${away}`));
  }

  /** The range of the sweep. @param {import("../types.js").Draft} draft @param {FocusFacts} facts */
  #mark(draft, facts) {
    const { near, far } = { near: draft.near ?? facts.near, far: draft.far ?? facts.far };
    this.#band.classList.toggle("open", draft.near === null || draft.far === null);
    const share = (/** @type {number} */ at) => `${100 * Math.min(1, Math.max(0, (at - facts.far) / (facts.near - facts.far)))}%`;
    this.#band.style.setProperty("--from", share(Math.min(far, near)));
    this.#band.style.setProperty("--to", share(Math.max(far, near)));
  }

  /** @param {number} position */
  #move(position) {
    this.#say(position);
    emit(this, "move-focus", { position });
  }

  /** @param {1|-1} way */
  #nudge(way) {
    if (!this.#facts) return;
    const { near, far, step } = this.#facts;
    this.#slider.valueAsNumber += way * Math.max(step, (near - far) / NUDGES);
    this.#move(this.#slider.valueAsNumber);
  }

  #here() {
    return Number(this.#slider.valueAsNumber.toFixed(3));
  }
}

customElements.define("focus-slider", FocusSlider);

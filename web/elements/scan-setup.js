// @ts-check
import { complaints } from "../check.js";
import { emit, h, setText, setValue } from "../dom.js";
import { freshId, numberField } from "../fields.js";
import { ExposureFields } from "./exposure-fields.js";
import { PathFields } from "./path-fields.js";
import { OutputFields } from "./output-fields.js";
import { ScanStart } from "./scan-start.js";
import { StackingFields } from "./stacking-fields.js";
import { SweepFields } from "./sweep-fields.js";
/** @typedef {import("../types.js").State} State */

/** Steps 2 and 3 and the start: everything that goes into the plan of a scan. */
export class ScanSetup extends HTMLElement {
  #sweep = new SweepFields();
  #path = new PathFields();
  #exposure = new ExposureFields();
  #output = new OutputFields();
  #start = new ScanStart();
  #id = freshId();
  #name = h("input", { id: this.#id, type: "text", maxlength: 80, autocomplete: "off",
    onchange: () => emit(this, "change-plan", { name: this.#name.value }) });
  #wait = numberField({ label: "Wait after a move", unit: "s", min: 0, max: 60, step: 0.1, placeholder: "until it is still",
    onnumber: (wait_s) => emit(this, "change-plan", { wait_s }), onempty: () => emit(this, "change-plan", { wait_s: null }) });
  #stacking = new StackingFields();
  #changed = h("span", { class: "where" });
  #advanced = h("details", {}, h("summary", {}, h("h2", {}, "Advanced"), this.#changed), this.#wait.field, this.#stacking);

  /** @type {State|null} */
  #state = null;
  /** @type {Element|null} */
  #edited = null;
  /** @type {import("../types.js").Route|null} */
  #came = null;

  connectedCallback() {
    this.addEventListener("change", ({ target }) => {
      this.#edited = /** @type {Element} */ (target).closest(".field, schema-field");
      if (this.#state) this.update(this.#state); // a wrong number changes no plan
    });
    this.replaceChildren(
      this.#sweep, this.#path, this.#exposure, this.#output,
      h("section", { class: "card" }, this.#advanced),
      h("section", { class: "card start-card" },
        h("div", { class: "field" }, h("label", { for: this.#id }, "Name"), this.#name), this.#start));
  }

  /** What is wrong with the field that was edited last comes out from under the bar, once: the daemon may say it later. */
  #bringOut() {
    const error = this.#edited?.querySelector(".field-error:not([hidden])");
    if (!error) return;
    error.scrollIntoView({ block: "nearest" });
    this.#edited = null;
  }

  /** @param {State} state */
  update(state) {
    this.#state = state;
    const wrong = [...complaints(state.draft, state.status?.rig.facts), ...state.estimate.errors];
    this.#sweep.update(state, wrong);
    this.#path.update(state, wrong);
    this.#exposure.update(state);
    this.#output.update(state);
    setValue(this.#name, state.draft.name);
    this.#wait.set(state.draft.wait_s);
    this.#stacking.update(state, wrong);
    const changed = Object.keys(state.draft.stacking).length;
    setText(this.#changed, changed > 0 ? `stacking: ${changed} changed` : "");
    if (wrong.some(({ where }) => /^(stacking|settle)\b/.test(where))) this.#advanced.open = true;
    this.#start.update(state, [...this.querySelectorAll("[aria-invalid]")].some((field) => !field.closest("[hidden]")));
    this.#bringOut();
    this.#lead(state.route);
  }

  /** Once for each time that the address leads to a step. @param {import("../types.js").Route} route */
  #lead(route) {
    if (route === this.#came) return;
    this.#came = route;
    if (route.step === "range") this.#sweep.attend();
  }
}

customElements.define("scan-setup", ScanSetup);

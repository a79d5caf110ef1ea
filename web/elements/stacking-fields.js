// @ts-check
import { emit, h, show } from "../dom.js";
import { button } from "../fields.js";
import { SchemaField } from "./schema-field.js";
/** @typedef {import("../types.js").State} State */
/** @typedef {import("../schema.js").Schema} Schema */

const PLAN = "StackingPlan";
const WHERE = "stacking";

/** How slices become one image, drawn from the schema of the API; the plan holds only what differs from the defaults. */
export class StackingFields extends HTMLElement {
  #fields = h("div", { class: "fields", onchange: () => this.#changed() });
  #loading = h("p", { class: "hint" }, "Reading what can be set…");
  #reset = button({ label: "Back to the defaults", kind: "quiet", onclick: () => emit(this, "change-plan", { stacking: {} }) });
  /** @type {{name: string, field: SchemaField, usual: any}[]} */
  #parts = [];
  /** @type {Schema|null} */
  #document = null;

  connectedCallback() {
    this.replaceChildren(this.#loading, this.#fields, this.#reset);
  }

  /** @param {State} state @param {import("../types.js").FieldError[]} wrong */
  update({ document, draft }, wrong) {
    show(this.#loading, document === null);
    if (document && document !== this.#document) this.#build(document);
    this.#document = document;
    for (const { name, field, usual } of this.#parts) {
      field.write(name in draft.stacking ? draft.stacking[name] : usual);
      field.complain(wrong);
    }
    show(this.#reset, Object.keys(draft.stacking).length > 0);
  }

  /** @param {Schema} document */
  #build(document) {
    const schema = /** @type {Schema} */ (document.components.schemas[PLAN]);
    this.#parts = Object.entries(schema.properties).map(([name, inner]) => {
      const field = new SchemaField();
      field.build({ key: name, where: `${WHERE}.${name}`, schema: inner, root: document, value: inner.default, overridden: new Set() });
      return { name, field, usual: inner.default };
    });
    this.#fields.replaceChildren(...this.#parts.map(({ field }) => field));
  }

  /** An emptied field goes back to its default. */
  #changed() {
    const values = this.#parts.map(({ name, field, usual }) => ({ name, usual, value: field.read() }));
    const stacking = Object.fromEntries(values.filter(({ usual, value }) => value !== null && value !== usual).map(({ name, value }) => [name, value]));
    emit(this, "change-plan", { stacking });
  }
}

customElements.define("stacking-fields", StackingFields);

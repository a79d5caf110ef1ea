// @ts-check
import { emit, h, setText, show } from "../dom.js";
import { running } from "../state.js";
import { SchemaField } from "./schema-field.js";
/** @typedef {import("../types.js").State} State */

/** The settings of the rig, drawn from the schema the daemon gives, so that a new one needs no change here. */
export class SettingsForm extends HTMLElement {
  #fields = new SchemaField();
  #save = h("button", { class: "button primary" }, "Save");
  #undo = h("button", { type: "button", class: "button", onclick: () => this.#build() }, "Undo changes");
  #held = h("p", { class: "hint" }, "A scan holds the rig. Settings can be saved when it is done.");
  #form = h("form", { novalidate: true, onsubmit: (/** @type {Event} */ event) => this.#send(event) },
    this.#fields, h("div", { class: "bar" }, this.#held, h("div", { class: "buttons end" }, this.#undo, this.#save)));
  #loading = h("p", { class: "hint" }, "Reading the settings…");
  /** @type {import("../types.js").SettingsView|null} */
  #view = null;
  /** @type {import("../types.js").FieldError[]} */
  #errors = [];

  connectedCallback() {
    this.replaceChildren(h("h1", {}, "Settings"),
      h("p", { class: "hint" }, "What is changed here lies over the config file. Saving opens the rig anew."),
      this.#loading, this.#form);
  }

  /** @param {State} state */
  update(state) {
    show(this.#loading, state.settings === null);
    show(this.#form, state.settings !== null);
    if (state.settings !== this.#view) {
      this.#view = state.settings;
      this.#build();
    }
    if (state.settingsErrors !== this.#errors) {
      this.#errors = state.settingsErrors;
      this.#fields.complain(this.#errors);
      /** @type {HTMLElement|null} */ (this.querySelector("[aria-invalid]"))?.focus();
    }
    const held = running(state) !== null;
    show(this.#held, held);
    this.#save.disabled = held || state.link !== "live" || state.busy.has("settings");
    setText(this.#save, state.busy.has("settings") ? "Saving…" : "Save");
  }

  #build() {
    if (!this.#view) return;
    const { settings, schema, overridden } = this.#view;
    this.#fields.build({ key: "", where: "", schema, root: schema, value: settings, overridden: new Set(overridden) });
  }

  /** @param {Event} event */
  #send(event) {
    event.preventDefault();
    emit(this, "save-settings", { settings: this.#fields.read() });
  }
}

customElements.define("settings-form", SettingsForm);

// @ts-check
import { emit, h, setText, show } from "../dom.js";
import { running } from "../state.js";
import { SchemaField } from "./schema-field.js";
/** @typedef {import("../types.js").State} State */

/** The settings of the rig, drawn from the schema the daemon gives, so that a new one needs no change here. */
export class SettingsForm extends HTMLElement {
  #fields = new SchemaField();
  #save = h("button", { class: "button primary" }, "Save");
  #undo = h("button", { type: "button", class: "button", onclick: () => this.#undone() }, "Undo changes");
  #said = h("p", { class: "said", tabindex: -1, role: "status" });
  #held = h("p", { class: "hint" }, "A scan holds the rig. Settings can be saved when it is done.");
  #form = h("form", { novalidate: true, oninput: () => this.#edited(), onsubmit: (/** @type {Event} */ event) => this.#send(event) },
    this.#fields, h("div", { class: "bar" }, this.#said, this.#held, h("div", { class: "buttons end" }, this.#undo, this.#save)));
  #loading = h("p", { class: "hint" }, "Reading the settings…");
  /** @type {import("../types.js").SettingsView|null} */
  #view = null;
  /** @type {State["saved"]} */
  #saved = null;
  /** the values as they came, to know whether something is changed */
  #before = "";
  /** @type {State|null} */
  #state = null;

  connectedCallback() {
    this.replaceChildren(h("h1", {}, "Settings"),
      h("p", { class: "hint" }, "What is changed here lies over the config file. Saving opens the rig anew."),
      this.#loading, this.#form);
  }

  /** @param {State} state */
  update(state) {
    this.#state = state;
    show(this.#loading, state.settings === null);
    show(this.#form, state.settings !== null);
    if (state.settings !== this.#view) {
      this.#view = state.settings;
      this.#build();
    }
    if (state.saved !== this.#saved) {
      this.#saved = state.saved;
      this.#say(state.saved);
    }
    show(this.#held, running(state) !== null);
    this.#offer(state);
  }

  /** @param {State} state */
  #offer(state) {
    const changed = this.#view !== null && JSON.stringify(this.#fields.read()) !== this.#before;
    this.#save.disabled = !changed || running(state) !== null || state.link !== "live" || state.busy.has("settings");
    this.#undo.disabled = !changed;
    setText(this.#save, state.busy.has("settings") ? "Saving…" : "Save");
  }

  /** How the last save went: in words beside the button, and at the fields that are wrong. @param {State["saved"]} saved */
  #say(saved) {
    setText(this.#said, saved?.text ?? "");
    this.#said.classList.toggle("field-error", saved?.ok === false);
    this.#fields.complain(saved?.errors ?? []);
    if (saved?.ok !== false) return;
    /** @type {HTMLElement} */ (this.querySelector("input[aria-invalid], select[aria-invalid], textarea[aria-invalid]") ?? this.#said).focus();
  }

  #edited() {
    setText(this.#said, "");
    if (this.#state) this.#offer(this.#state);
  }

  #undone() {
    this.#build();
    this.#edited();
  }

  #build() {
    if (!this.#view) return;
    const { settings, schema, overridden } = this.#view;
    this.#fields.build({ key: "", where: "", schema, root: schema, value: settings, overridden: new Set(overridden) });
    this.#before = JSON.stringify(this.#fields.read());
  }

  /** @param {Event} event */
  #send(event) {
    event.preventDefault();
    emit(this, "save-settings", { settings: this.#fields.read() });
  }
}

customElements.define("settings-form", SettingsForm);

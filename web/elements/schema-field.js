// @ts-check
import { h, setValue } from "../dom.js";
import { sentence } from "../check.js";
import { complain, errorLine, freshId } from "../fields.js";
import { grouped } from "../format.js";
import { kindOf, titleOf } from "../schema.js";
/** @typedef {import("../schema.js").Schema} Schema */

/** One setting, or a group of them, as its schema says. `read()` gives the value back. */
export class SchemaField extends HTMLElement {
  #id = freshId();
  #error = errorLine(`${this.#id}-error`);
  /** @type {HTMLInputElement|HTMLSelectElement|HTMLTextAreaElement|null} */
  #input = null;
  /** @type {[string, SchemaField][]} */
  #parts = [];
  /** @type {() => any} */
  read = () => undefined;
  /** @type {(value: any) => void} */
  write = () => {};
  where = "";

  /** @param {{key: string, where: string, schema: Schema, root: Schema, value: any, overridden: ReadonlySet<string>}} options */
  build({ key, where, schema: raw, root, value, overridden }) {
    this.where = where;
    const { kind, schema, nullable, choices, word = null } = kindOf(raw, root, value);
    if (kind === "group" && value !== null) {
      this.#group({ key, where, schema, root, value, overridden });
      return this;
    }
    const { input, read, write } = MAKERS[kind === "group" ? "json" : kind]({ schema, nullable, choices, word });
    write(value);
    this.#input = input;
    this.read = read;
    this.write = write;
    this.#input.id = this.#id;
    this.#input.disabled = raw.readOnly === true;
    this.#input.addEventListener("input", () => this.complain([])); // what was said of the old value
    this.#input.setAttribute("aria-describedby", `${this.#id}-hint ${this.#error.id}`);
    this.classList.toggle("check", kind === "bool");
    this.replaceChildren(
      h("label", { for: this.#id }, titleOf(key, schema), overridden.has(where) && h("span", { class: "changed" }, "changed here")),
      h("div", { class: "with-unit" }, this.#input, schema.unit && h("span", { class: "unit" }, schema.unit)),
      h("p", { class: "hint", id: `${this.#id}-hint` }, [schema.description, limits(schema), word && `Empty: ${word}.`, raw.readOnly && "Set in the config file."].filter(Boolean).join(" ")), this.#error);
    return this;
  }

  /** Show what the daemon found wrong; gives true when something stands here or below. @param {import("../types.js").FieldError[]} errors @returns {boolean} */
  complain(errors) {
    const own = errors.filter(({ where }) => where === this.where);
    complain(this.#input ?? this, this.#error, own.map(({ what }) => sentence(what)).join(" "));
    const below = this.#parts.map(([, part]) => part.complain(errors)).some(Boolean);
    const details = this.querySelector(":scope > details");
    if (below && details instanceof HTMLDetailsElement) details.open = true;
    return own.length > 0 || below;
  }

  focus() {
    this.#input?.focus();
  }

  /** @param {{key: string, where: string, schema: Schema, root: Schema, value: any, overridden: ReadonlySet<string>}} options */
  #group({ key, where, schema, root, value, overridden }) {
    this.#parts = Object.entries(schema.properties).map(([name, inner]) => {
      const part = new SchemaField();
      return [name, part.build({ key: name, where: where ? `${where}.${name}` : name, schema: inner, root, value: value[name], overridden })];
    });
    this.read = () => Object.fromEntries(this.#parts.map(([name, part]) => [name, part.read()]));
    this.write = (values) => this.#parts.forEach(([name, part]) => part.write(values[name]));
    const fields = h("div", { class: "fields" }, ...this.#parts.map(([, part]) => part));
    const about = tells(schema.description) ? h("p", { class: "hint" }, schema.description) : null;
    this.classList.add("group");
    this.replaceChildren(this.#error, ...(where ? [h("details", { open: !where.includes(".") }, h("summary", {}, titleOf(key, schema)), about, fields)] : [fields]));
  }
}

/** @typedef {{schema: Schema, nullable: boolean, choices: any[], word: string|null}} Making */
/** @typedef {{input: HTMLInputElement|HTMLSelectElement|HTMLTextAreaElement, read: () => any, write: (value: any) => void}} Made */
/** @type {Record<"bool"|"enum"|"number"|"text"|"list"|"json", (making: Making) => Made>} */
const MAKERS = {
  bool: () => {
    const input = h("input", { type: "checkbox" });
    return { input, read: () => input.checked, write: (value) => { input.checked = Boolean(value); } };
  },
  enum: ({ nullable, choices }) => {
    const all = nullable ? [null, ...choices] : choices;
    const input = h("select", {}, ...all.map((one, i) => h("option", { value: i }, one === null ? "none" : one)));
    return { input, read: () => all[input.selectedIndex], write: (value) => { input.selectedIndex = Math.max(0, all.indexOf(value)); } };
  },
  number: ({ schema, nullable, word }) => {
    const input = h("input", { type: "number", inputmode: "decimal", step: schema.type === "integer" ? 1 : "any",
      min: schema.minimum, max: schema.maximum, placeholder: word ?? (nullable ? "none" : null) });
    return { input, read: () => (input.value === "" ? word : input.valueAsNumber), write: (value) => setValue(input, value === word ? null : value) };
  },
  text: ({ nullable }) => {
    const input = h("input", { type: "text", spellcheck: "false", autocomplete: "off", placeholder: nullable ? "none" : null });
    return { input, read: () => (nullable && input.value === "" ? null : input.value), write: (value) => setValue(input, value) };
  },
  list: () => {
    const input = h("input", { type: "text", spellcheck: "false", placeholder: "separated by commas" });
    return { input, read: () => input.value.split(",").map((word) => word.trim()).filter(Boolean), write: (value) => setValue(input, (value ?? []).join(", ")) };
  },
  json: () => {
    const input = h("textarea", { rows: 3, spellcheck: "false" });
    return { input, read: () => parsed(input.value), write: (value) => setValue(input, JSON.stringify(value, null, 1)) };
  },
};

/** A text that is not JSON goes up as it is, so that the daemon says at this field what it expected. @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Whether a text says more than a title: "The web server." does not. @param {string} [text] */
function tells(text = "") {
  return text.split(" ").length > 3;
}

/** The allowed range in words, "" for any. @param {Schema} schema */
function limits({ minimum, exclusiveMinimum: above, maximum, unit = "" }) {
  const written = unit && (unit.startsWith("°") ? unit : ` ${unit}`);
  const low = above === undefined ? number(minimum) : `more than ${grouped(above)}`;
  const high = number(maximum);
  if (low && high) return sentence(`${low} to ${high}${written}`);
  if (low) return above === undefined ? `At least ${low}${written}.` : sentence(low + written);
  return high && `At most ${high}${written}.`;
}

/** @param {number|undefined} value */
function number(value) {
  return value === undefined ? "" : grouped(value);
}

customElements.define("schema-field", SchemaField);

// @ts-check
import { h, setAttribute, setText, setValue, show } from "./dom.js";
import { icon } from "./icons.js";

/** @typedef {import("./dom.js").Child} Child */

let last = 0;

/** An id that no other element of the page has. */
export function freshId() {
  last += 1;
  return `f${last}`;
}

/**
 * A number with its label and unit; `onnumber` hears valid numbers only, and `onempty`, where given, an emptied field.
 * @param {{label: string, unit?: string, min?: number|null, max?: number|null, step?: number|"any", placeholder?: string, onnumber: (value: number) => void, onempty?: () => void}} options
 */
export function numberField({ label, unit = "", min, max, step = 1, placeholder, onnumber, onempty }) {
  const id = freshId();
  const error = errorLine(`${id}-error`);
  /** what is wrong with the text in the field itself */
  let wrong = "";
  /** @type {number|null|undefined} */
  let shown;
  const changed = () => {
    const emptied = onempty !== undefined && input.value === "" && !input.validity.badInput;
    wrong = emptied ? "" : complaint(input);
    complain(input, error, wrong);
    if (emptied) onempty();
    else if (!wrong) onnumber(input.valueAsNumber);
  };
  const input = h("input", { id, type: "number", inputmode: "decimal", min, max, step, placeholder, "aria-describedby": error.id, onchange: changed });
  const measured = h("span", { class: "unit" }, unit);
  const field = h("div", { class: "field" },
    h("label", { for: id }, label),
    h("div", { class: "with-unit" }, input, unit && measured),
    error);
  /** Show a number and what others find wrong with it; a text that is no number stays until it is mended. @param {number|null} value @param {string} [said] */
  const set = (value, said = "") => {
    if (value !== shown) wrong = "";
    shown = value;
    if (!wrong) setValue(input, value);
    complain(input, error, wrong || said);
  };
  /** The unit of a field that has one changes. @param {string} now */
  const measure = (now) => setText(measured, now);
  return { field, input, set, measure };
}

/** The place below a field for what is wrong with it. @param {string} id */
export function errorLine(id) {
  return h("p", { id, class: "field-error", hidden: true });
}

/** Mark a field as wrong, or as right with "". @param {HTMLElement} field @param {HTMLElement} error @param {string} words */
export function complain(field, error, words) {
  setText(error, words);
  show(error, words !== "");
  setAttribute(field, "aria-invalid", words ? "true" : null);
}

/** What is wrong with a number, "" for nothing; any number of decimals will do. @param {HTMLInputElement} input */
export function complaint(input) {
  const { badInput, rangeUnderflow, rangeOverflow } = input.validity;
  if (badInput || input.value === "") return "A number, please.";
  if (rangeUnderflow) return `At least ${input.min}.`;
  return rangeOverflow ? `At most ${input.max}.` : "";
}

/**
 * A button with an icon; without text the label is for screen readers and the tooltip.
 * @param {{label: string, icon?: Parameters<typeof icon>[0], text?: boolean, kind?: string, onclick: (event: MouseEvent) => void}} options
 */
export function button({ label, icon: name, text = true, kind = "", onclick }) {
  return h("button", { type: "button", class: `button ${kind} ${text ? "" : "bare"}`.trim(), onclick, "aria-label": text ? null : label, title: text ? null : label },
    name ? icon(name) : null, text ? h("span", {}, label) : null);
}

/**
 * One of a few, as a row of radio buttons.
 * @param {string} legend @param {[string, string][]} choices @param {(value: string) => void} onchoice
 */
export function choice(legend, choices, onchoice) {
  const name = freshId();
  const inputs = choices.map(([value]) =>
    h("input", { type: "radio", name, value, onchange: () => onchoice(value) }));
  const field = h("fieldset", { class: "choice" },
    h("legend", { class: "visually-hidden" }, legend),
    ...choices.map(([, text], i) => h("label", {}, inputs[i], h("span", {}, text))));
  return {
    field,
    /** @param {string} value */
    select(value) {
      for (const input of inputs) input.checked = input.value === value;
    },
  };
}

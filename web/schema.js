// @ts-check
// JSON Schema as pydantic writes it, read just far enough to draw a form.

/** @typedef {Record<string, any>} Schema */
/**
 * How a value is edited. `word` is the text that may stand in place of a number, as "auto"; an empty field means it.
 * @typedef {object} Kind
 * @property {"group"|"bool"|"enum"|"number"|"text"|"list"|"json"} kind
 * @property {Schema} schema
 * @property {boolean} nullable
 * @property {any[]} choices
 * @property {string|null} [word]
 */

/** @type {Record<string, Kind["kind"]>} */
const SIMPLE = { boolean: "bool", integer: "number", number: "number", string: "text" };

/** Follow $ref and single allOf; the outer title, description and default win. @param {Schema} schema @param {Schema} root @returns {Schema} */
export function resolve(schema, root) {
  const inner = schema.$ref ? at(schema.$ref, root) : schema.allOf?.length === 1 ? schema.allOf[0] : null;
  if (!inner) return schema;
  const { $ref: _ref, allOf: _allOf, ...outer } = schema;
  return { ...resolve(inner, root), ...outer };
}

/** @param {string} reference @param {Schema} root */
function at(reference, root) {
  return reference.replace(/^#\//, "").split("/").reduce((schema, key) => schema[key], root);
}

/** @param {Schema} raw @param {Schema} root @param {any} value @returns {Kind} */
export function kindOf(raw, root, value) {
  const outer = resolve(raw, root);
  const options = (outer.anyOf ?? outer.oneOf ?? [outer]).map((/** @type {Schema} */ option) => resolve(option, root));
  const real = options.filter((/** @type {Schema} */ option) => option.type !== "null");
  const nullable = real.length < options.length;
  const { anyOf: _any, oneOf: _one, ...words } = outer;
  if (real.length === 1) return { nullable, ...plain({ ...real[0], ...words }) };
  const choices = real.map((/** @type {Schema} */ option) => option.const).filter((/** @type {any} */ one) => one !== undefined);
  if (choices.length === real.length) return { kind: "enum", nullable, choices, schema: words };
  const number = real.find((/** @type {Schema} */ option) => SIMPLE[option.type] === "number");
  if (number && real.length === 2 && choices.length === 1) return { kind: "number", nullable, choices: [], word: choices[0], schema: { ...number, ...words } };
  const fitting = real.find((/** @type {Schema} */ option) => fits(option, value));
  return fitting?.properties ? { kind: "group", nullable, choices: [], schema: { ...fitting, ...words } } : { kind: "json", nullable, choices: [], schema: words };
}

/** @param {Schema} schema @returns {{kind: Kind["kind"], choices: any[], schema: Schema}} */
function plain(schema) {
  const choices = schema.enum ?? (schema.const === undefined ? [] : [schema.const]);
  if (schema.properties) return { kind: "group", choices, schema };
  if (choices.length > 0) return { kind: "enum", choices, schema };
  const words = schema.type === "array" && schema.items?.type === "string";
  return { kind: words ? "list" : (SIMPLE[schema.type] ?? "json"), choices, schema };
}

/** Whether a branch of a union is the one that the value was made from. @param {Schema} option @param {any} value */
function fits(option, value) {
  if (!option.properties || typeof value !== "object" || value === null) return false;
  return Object.entries(option.properties).every(([key, inner]) => inner.const === undefined || inner.const === value[key]) &&
    Object.keys(value).every((key) => key in option.properties);
}

/** @type {Readonly<Record<string, string>>} */
const TITLES = Object.freeze({ hflip: "Mirror left to right", vflip: "Mirror top to bottom", f_number: "F-number", mains_hz: "Mains frequency", down_deg: "Looks down", pivot_mm: "Tilt axis", sway_ms: "Sway time" });

/** @param {string} key @param {Schema} schema */
export function titleOf(key, schema) {
  if (key in TITLES) return TITLES[key];
  const words = key.replace(/_(s|ms|us|m|mm|um|px|deg|mb|hz)$/, "").replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1) || schema.title;
}

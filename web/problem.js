// @ts-check
import { ApiProblem } from "./api.js";
import { sentence } from "./check.js";
import { titleOf } from "./schema.js";

/** What went wrong, in words for a person; an error that nobody foresaw is thrown on. @param {unknown} error @returns {import("./types.js").Problem & {link?: string}} */
export function problemOf(error) {
  if (error instanceof ApiProblem) {
    const link = error.scan ? "#/scan" : undefined;
    if (error.errors.length === 0) return { code: error.code, message: error.message, hint: error.hint, link };
    return { code: error.code, message: "This cannot be used as it is.", hint: error.errors.map(inWords).join(" ") };
  }
  if (error instanceof SyntaxError) {
    return { code: "plan", message: "The list of positions is not valid JSON.", hint: error.message };
  }
  throw error;
}

/** "storage.reserve_mb", "must be at least 0" are one sentence; other messages say of what they speak. @param {import("./types.js").FieldError} error */
function inWords({ where, what }) {
  const name = where.split(".").findLast((part) => !/^\d+$/.test(part)) ?? "";
  return sentence(name && what.startsWith("must") ? `${titleOf(name, {})} ${what}` : what);
}

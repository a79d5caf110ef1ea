// @ts-check
import { ApiProblem } from "./api.js";

/** What went wrong, in words for a person; an error that nobody foresaw is thrown on. @param {unknown} error @returns {import("./types.js").Problem & {link?: string}} */
export function problemOf(error) {
  if (error instanceof ApiProblem) {
    const link = error.scan ? "#/scan" : undefined;
    if (error.errors.length === 0) return { code: error.code, message: error.message, hint: error.hint, link };
    const details = error.errors.map(({ where, what }) => (where ? `${where}: ${what}` : what));
    return { code: error.code, message: "This cannot be used as it is.", hint: `${details.join("; ")}.` };
  }
  if (error instanceof SyntaxError) {
    return { code: "plan", message: "The list of positions is not valid JSON.", hint: error.message };
  }
  throw error;
}

// @ts-check
import { ApiProblem, call } from "./api.js";
import { toPlan } from "./plan.js";
import { problemOf } from "./problem.js";

/** What the daemon says that a plan costs, or what is wrong with it. @param {import("./types.js").Draft} draft @returns {Promise<import("./types.js").State["estimate"]>} */
export async function estimateOf(draft) {
  try {
    return { value: await call("POST", "estimate", { body: toPlan(draft) }), problem: null, errors: [] };
  } catch (error) {
    return { value: null, problem: problemOf(error), errors: error instanceof ApiProblem ? error.errors : [] };
  }
}

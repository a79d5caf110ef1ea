// @ts-check
import { sentence } from "../check.js";
import { emit, h, keyed, setText, show } from "../dom.js";
import { button } from "../fields.js";
import { icon } from "../icons.js";
/** @typedef {import("../types.js").State} State */
/** @typedef {import("../types.js").Problem} Problem */
/** @typedef {{key: string, kind: "bad"|"warn"|"calm", message: string, hint: string, link?: string, dismissable?: boolean}} Notice */

/** Says in words what a person should know now: a lost connection, a problem, a simulated rig. */
export class AppBanner extends HTMLElement {
  /** @param {State} state */
  update(state) {
    keyed(this, noticesOf(state), (notice) => notice.key, make, fill);
  }
}

/** @param {Notice} notice */
function make(notice) {
  const close = button({ label: "Close this message", icon: "cross", text: false, onclick: () => emit(close, "dismiss-problem") });
  return h("div", { class: `notice ${notice.kind}`, role: notice.kind === "bad" ? "alert" : "status" },
    icon(notice.kind === "calm" ? "info" : "warning"),
    h("div", {}, h("strong", {}), " ", h("span", {}), " ", h("a", { hidden: true }, "Show the running scan")),
    notice.dismissable && close);
}

/** @param {HTMLElement} element @param {Notice} notice */
function fill(element, notice) {
  const [message, hint, link] = /** @type {HTMLElement[]} */ ([...element.querySelectorAll("strong, div > span, a")]);
  setText(message, notice.message);
  setText(hint, notice.hint);
  show(link, Boolean(notice.link));
  if (notice.link) link.setAttribute("href", notice.link);
}

/** @param {State} state @returns {Notice[]} */
function noticesOf(state) {
  /** @type {Notice[]} */
  const notices = [];
  if (state.link === "lost") {
    notices.push({ key: "lost", kind: "bad", message: "The connection to the scanner is lost.", hint: "What you see may be out of date. A running scan goes on by itself. Trying again…" });
  }
  if (state.problem) {
    notices.push({ key: `problem ${state.problem.message}`, kind: "bad", hint: "", dismissable: true, ...state.problem });
  }
  if (state.notice) notices.push({ key: "done", kind: "calm", message: state.notice, hint: "" });
  return [...notices, ...(state.status ? ofStatus(state.status) : [])];
}

/** @param {import("../types.js").Status} status @returns {Notice[]} */
function ofStatus({ rig, notices }) {
  const problems = rig.problem ? [retried(rig.problem, rig), ...notices] : notices;
  /** @type {Notice[]} */
  const found = problems.map((problem) => ({ key: `rig ${problem.code} ${problem.message}`, kind: "warn", hint: "", ...problem }));
  if (rig.facts?.simulated) {
    found.push({ key: "simulated", kind: "calm", message: "This rig is simulated.", hint: simulation(rig.facts.description) });
  }
  return found;
}

/** Missing hardware is waited for, and so is a controller that was unplugged. @param {Problem} problem @param {import("../types.js").RigStatus} rig @returns {Problem} */
function retried(problem, { facts, activity }) {
  const waited = facts === null || (activity === "" && /^(hardware|motion|camera)/.test(problem.code));
  return waited ? { ...problem, hint: `${problem.hint ?? ""} The scanner tries again by itself.`.trim() } : problem;
}

/** What is simulated, without saying again that it is. @param {string} description */
function simulation(description) {
  return sentence(description.replace(/^simulated rig: */i, "").replace(/(\d+) x (\d+) pixels/, "$1 × $2 px"));
}

customElements.define("app-banner", AppBanner);

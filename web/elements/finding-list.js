// @ts-check
import { h, keyed, setText } from "../dom.js";
import { hintOf } from "../findings.js";
import { icon } from "../icons.js";
/** @typedef {import("../types.js").Problem} Problem */
/** @typedef {import("../types.js").PositionReport} PositionReport */
/** @typedef {{finding: Problem, positions: number[], hint: string}} Said */

const MOST = 12;

/** What was found in the stacks of a scan: each kind once, in the words of the first position, with all positions. */
export class FindingList extends HTMLElement {
  #list = h("ul", { class: "findings" });

  connectedCallback() {
    this.replaceChildren(this.#list);
  }

  /** @param {string} scan @param {readonly PositionReport[]} reports @param {boolean} proposed  whether a better sweep is proposed beside this */
  update(scan, reports, proposed) {
    keyed(this.#list, gathered(reports, proposed), ({ finding }) => `${scan}/${finding.code}`, make, (element, said) => fill(element, said, scan));
  }
}

/** @param {readonly PositionReport[]} reports @param {boolean} proposed @returns {Said[]} */
function gathered(reports, proposed) {
  /** @type {Map<string, Said>} */
  const found = new Map();
  for (const { index, findings } of reports) {
    for (const finding of findings) {
      const said = found.get(finding.code);
      if (said) said.positions.push(index);
      else found.set(finding.code, { finding, positions: [index], hint: hintOf(finding, proposed) });
    }
  }
  return [...found.values()];
}

function make() {
  return h("li", { class: "notice warn" }, icon("warning"),
    h("div", {}, h("strong"), " ", h("span"), h("p", { class: "at" })));
}

/** @param {HTMLElement} element @param {Said} said @param {string} scan */
function fill(element, { finding, positions, hint }, scan) {
  setText(/** @type {Node} */ (element.querySelector("strong")), finding.message);
  setText(/** @type {Node} */ (element.querySelector("span")), hint);
  const [first, ...others] = positions.slice(0, MOST);
  const link = (/** @type {number} */ n, words = String(n)) => h("a", { href: `#/scans/${encodeURIComponent(scan)}/positions/${n}` }, words);
  const key = JSON.stringify(positions);
  if (element.dataset.positions === key) return;
  element.dataset.positions = key;
  const rest = positions.length > MOST ? `, and at ${positions.length - MOST} more` : "";
  /** @type {Element} */ (element.querySelector(".at")).replaceChildren(
    link(first, `Position ${first}`), others.length > 0 ? "; likewise at " : "",
    ...others.flatMap((n, i) => (i > 0 ? [", ", link(n)] : [link(n)])), rest);
}

customElements.define("finding-list", FindingList);

// @ts-check
import { emit, h, setText, show } from "../dom.js";
import { button } from "../fields.js";
import { bytes, duration, plural } from "../format.js";
import { activity } from "../state.js";
/** @typedef {import("../types.js").State} State */

/** What the plan costs, and the one button that starts it. */
export class ScanStart extends HTMLElement {
  #costs = h("p", { class: "costs" });
  #held = h("p", { class: "hint", role: "status" });
  #problem = h("p", { class: "field-error", role: "alert" });
  #button = button({ label: "Start the scan", icon: "play", kind: "primary", onclick: () => emit(this, "start-scan") });

  connectedCallback() {
    this.replaceChildren(h("div", { class: "said" }, this.#costs, this.#held, this.#problem), this.#button);
  }

  /** @param {State} state @param {boolean} marked  whether a field says that it is wrong */
  update(state, marked) {
    const { value, problem } = state.estimate;
    const words = marked ? "Correct what is marked in red first." : problem ? `${problem.message} ${problem.hint ?? ""}`.trim() : "";
    setText(this.#problem, words);
    show(this.#problem, words !== "");
    setText(this.#costs, value ? costs(value, state.draft.count) : "");
    const doing = activity(state);
    const held = doing ? `The rig is busy: ${doing}.` : missing(state);
    setText(this.#held, held);
    show(this.#held, held !== "");
    show(this.#costs, value !== null && words === "" && held === "");
    this.#button.disabled = marked || doing !== "" || !ready(state);
  }
}

/** @param {State} state */
function ready({ link, status, busy }) {
  return link === "live" && Boolean(status?.rig.facts) && !busy.has("start");
}

/** @param {State} state */
function missing({ link, status }) {
  return link === "live" && status && !status.rig.facts ? "The rig is not open; it can start when what is missing is there." : "";
}

/** @param {import("../types.js").PlanEstimate} estimate @param {number|null} count  slices a position, where chosen by hand */
function costs({ positions, slices, duration_s, bytes_needed, bytes_free }, count) {
  const parts = [plural(positions, "position")];
  const total = slices ?? (count && count * positions);
  if (total !== null) parts.push(plural(total, "slice"));
  if (duration_s === null) parts.push("set near and far to see time and space");
  if (duration_s !== null) parts.push(`about ${duration(duration_s)}`);
  if (bytes_needed !== null) parts.push(`up to ${bytes(bytes_needed)} of ${bytes(bytes_free)} free`);
  return parts.join(" · ");
}

customElements.define("scan-start", ScanStart);

// @ts-check
import { complaints } from "../check.js";
import { estimateOf } from "../estimate.js";
import { saveDraft } from "../plan.js";
import { route, running } from "../state.js";

const ESTIMATE_DELAY_MS = 300;
const RANGE = "#/scan/range";

/** What is set for the next scan, and what it would cost. */
export class PlanActions {
  #timer = 0;

  /** @param {import("./actions.js").Actions} actions */
  constructor({ store }) {
    this.store = store;
    /** @type {import("./actions.js").Table} */
    this.table = {
      "change-plan": (patch) => this.change(patch),
      "use-sweep": (sweep) => this.use(sweep),
    };
  }

  /** @param {Partial<import("../types.js").Draft>} patch */
  change(patch) {
    const draft = { ...this.store.state.draft, ...patch };
    const { value } = this.store.state.estimate;
    this.store.change({ draft, estimate: { value, problem: null, errors: [] } });
    saveDraft(draft);
    this.estimateSoon();
  }

  /** A proposed sweep goes into the plan, and the person to where it stands, unless a scan holds the page. @param {import("../types.js").SweepProposal} sweep */
  use({ near, far, count }) {
    this.change({ near, far, count });
    if (running(this.store.state)) return;
    this.store.change({ watched: null, route: route(RANGE) });
    location.hash = RANGE;
  }

  /** Near, far and the number of slices belong to one drive: they are looked for anew with another. @param {import("../types.js").FocusFacts} drive */
  suit({ unit }) {
    if (this.store.state.draft.unit !== unit) this.change({ unit, near: null, far: null, count: null });
  }

  estimateSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.estimate(), ESTIMATE_DELAY_MS);
  }

  async estimate() {
    const { draft, link, status } = this.store.state;
    const facts = status?.rig.facts;
    if (link !== "live" || !facts || running(this.store.state)) return;
    const wrong = complaints(draft, facts).length > 0;
    const estimate = wrong ? { value: null, problem: null, errors: [] } : await estimateOf(draft);
    if (draft === this.store.state.draft) this.store.change({ estimate });
  }
}

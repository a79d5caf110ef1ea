// @ts-check
import { recall, remember } from "./memory.js";
/** @typedef {import("./types.js").Draft} Draft */
/** @typedef {{turntable_deg: number, tilt_deg: number}} Pose */

const KEY = "draft";
const MAX_DRAWN = 600;
const GOLDEN_ANGLE = 180 * (3 - Math.sqrt(5));

/** @type {Draft} */
const FRESH = Object.freeze({
  name: "scan",
  unit: "D",
  near: null,
  far: null,
  count: null,
  kind: "rings",
  rings: [{ tilt_deg: 0, count: 24 }],
  sphere: { count: 60, tilt_min_deg: -10, tilt_max_deg: 60 },
  explicit: '[\n  {"turntable_deg": 0, "tilt_deg": 0},\n  {"turntable_deg": 90, "tilt_deg": 0}\n]',
  exposure: null,
  wait_s: null,
  stacking: {},
  output: { masks: true, depth: false },
});

/** The draft of the last visit, so that a reload loses nothing. @returns {Draft} */
export function loadDraft() {
  try {
    return { ...FRESH, ...JSON.parse(recall(KEY) ?? "{}") };
  } catch {
    return { ...FRESH };
  }
}

/** @param {Draft} draft */
export function saveDraft(draft) {
  remember(KEY, JSON.stringify(draft));
}

/** The draft as a ScanPlan for the daemon. Throws SyntaxError when the list of positions is not JSON. @param {Draft} draft */
export function toPlan(draft) {
  return {
    name: draft.name.trim() || FRESH.name,
    path: path(draft),
    sweep: { near: draft.near ?? "auto", far: draft.far ?? "auto", count: draft.count ?? "auto" },
    exposure: draft.exposure ?? {},
    settle: { after_move_s: draft.wait_s ?? "auto" },
    stacking: draft.stacking,
    output: draft.output,
  };
}

/** @param {Draft} draft */
function path(draft) {
  if (draft.kind === "rings") return { kind: "rings", rings: draft.rings };
  if (draft.kind === "sphere") return { kind: "sphere", ...draft.sphere };
  return { kind: "explicit", positions: JSON.parse(draft.explicit) };
}

/** Roughly where the camera will stand, for the drawing only; the daemon makes the real path. @param {Draft} draft @returns {Pose[]} */
export function poses(draft) {
  if (draft.kind === "rings") {
    return draft.rings.flatMap((ring) =>
      series(ring.count, (i) => ({ turntable_deg: (i * 360) / ring.count, tilt_deg: ring.tilt_deg })),
    );
  }
  if (draft.kind === "sphere") {
    const [low, high] = [draft.sphere.tilt_min_deg, draft.sphere.tilt_max_deg].map((t) => Math.sin((t * Math.PI) / 180));
    const { count } = draft.sphere;
    return series(count, (i) => ({
      turntable_deg: (i * GOLDEN_ANGLE) % 360,
      tilt_deg: (Math.asin(low + ((high - low) * (i + 0.5)) / count) * 180) / Math.PI,
    }));
  }
  return listed(draft.explicit);
}

/** @param {string} text @returns {Pose[]} */
function listed(text) {
  try {
    const list = JSON.parse(text);
    return list.slice(0, MAX_DRAWN).map((/** @type {Partial<Pose>} */ p) => ({ turntable_deg: 0, tilt_deg: 0, ...p }));
  } catch {
    return [];
  }
}

/** @param {number} count @param {(i: number) => Pose} make */
function series(count, make) {
  return Array.from({ length: Math.min(count || 0, MAX_DRAWN) }, (_, i) => make(i));
}

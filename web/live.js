// @ts-check
import { address, call } from "./api.js";
/** @typedef {import("./state.js").Store} Store */
/** @typedef {import("./types.js").Status} Status */

const RETRY_MS = 2_000;
const SILENCE_MS = 10_000;
const ANSWER_MS = 6_000;

/**
 * Keep the last Status in the store. A connection that fell silent without an error (Wi-Fi that dropped) is found by
 * asking, because the browser alone would notice after minutes.
 * @param {Store} store
 */
export function follow(store) {
  let heard = performance.now();
  /** @type {EventSource} */
  let source;

  /** @param {Status} status */
  const take = (status) => {
    heard = performance.now();
    store.change({ status, link: "live" });
  };
  const lose = () => {
    if (store.state.link !== "lost") store.change({ link: "lost" });
  };
  const open = () => {
    source?.close();
    source = new EventSource(address("events"));
    source.addEventListener("status", (event) => take(JSON.parse(event.data)));
    source.addEventListener("error", lose);
  };
  let asking = false;
  const check = async () => {
    const well = performance.now() - heard < SILENCE_MS && source.readyState === EventSource.OPEN;
    if (well || asking) return;
    asking = true;
    try {
      take(await call("GET", "status", { timeout: ANSWER_MS }));
      if (source.readyState !== EventSource.OPEN) open();
    } catch {
      lose();
    }
    asking = false;
  };
  open();
  setInterval(check, RETRY_MS);
  addEventListener("online", open);
}

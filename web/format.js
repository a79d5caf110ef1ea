// @ts-check
// Numbers in words for a person.

/** @param {number|null|undefined} seconds */
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return "";
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 100) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}

/** @param {number} count */
export function bytes(count) {
  if (count < 1e6) return `${Math.ceil(count / 1e3)} kB`;
  if (count < 1e9) return `${(count / 1e6).toFixed(count < 1e7 ? 1 : 0)} MB`;
  return `${(count / 1e9).toFixed(1)} GB`;
}

/** @param {number|null|undefined} degrees */
export function angle(degrees) {
  if (degrees === null || degrees === undefined) return "unknown";
  return `${Number(degrees.toFixed(1))}°`.replace("-", "−");
}

/** Where an axis stands. @param {number|null|undefined} at @param {"°"|"mm"} unit */
export function axisAt(at, unit) {
  if (unit === "°" || at === null || at === undefined) return angle(at);
  return `${Number(at.toFixed(2))} mm`.replace("-", "−");
}

/** What an axis is called. @param {string} name */
export function axisName(name) {
  return name === "focus" ? "rail" : name;
}

/** @param {number} microseconds */
export function shutter(microseconds) {
  return microseconds < 300_000 ? `1/${Math.round(1e6 / microseconds)}\u00a0s` : `${(microseconds / 1e6).toFixed(1)}\u00a0s`;
}

/** @param {string} iso */
export function when(iso) {
  const date = new Date(iso);
  return date.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}

/** A number with its thousands set apart. @param {number} value */
export function grouped(value) {
  return value.toLocaleString("en", { maximumFractionDigits: 6 }).replace("-", "−");
}

/** @param {number} share  1 is all @param {number} [digits] */
export function percent(share, digits = 0) {
  return `${(100 * share).toFixed(digits)}\u00a0%`;
}

/** @param {number} count */
export function pixels(count) {
  return `${count.toFixed(count < 10 ? 2 : 0)}\u00a0px`;
}

/** @param {number} count @param {string} one @param {string} [many] */
export function plural(count, one, many = `${one}s`) {
  return `${grouped(count)} ${count === 1 ? one : many}`;
}

/** @param {import("./types.js").ScanStatus} scan */
export function standing(scan) {
  if (scan.state !== "finished") return scan.state === "paused" ? "Paused" : "Running";
  return { completed: "Complete", cancelled: "Cancelled", failed: "Stopped by a problem" }[scan.reason ?? "completed"];
}

// @ts-check
/** @typedef {import("./types.js").FieldError} FieldError */

const PREFIX = "api/v1";
const TIMEOUT_MS = 60_000;

/** Every path the page uses; a test proves that each is in the OpenAPI document. */
export const paths = Object.freeze({
  status: "/status",
  events: "/events",
  preview: "/preview.mjpeg",
  focus: "/rig/focus",
  axis: "/rig/axes/{name}",
  home: "/rig/axes/{name}/home",
  zero: "/rig/axes/{name}/zero",
  release: "/rig/motors/release",
  stop: "/rig/stop",
  light: "/rig/light",
  exposure: "/rig/exposure",
  scans: "/scans",
  estimate: "/scans/estimate",
  scan: "/scans/{scan_id}",
  pause: "/scans/{scan_id}/pause",
  resume: "/scans/{scan_id}/resume",
  cancel: "/scans/{scan_id}/cancel",
  stacks: "/scans/{scan_id}/stacks.zip",
  slices: "/scans/{scan_id}/slices.zip",
  manifest: "/scans/{scan_id}/manifest.json",
  stack: "/scans/{scan_id}/positions/{n}/stack.jpg",
  slice: "/scans/{scan_id}/positions/{n}/slices/{k}.jpg",
  thumbnail: "/scans/{scan_id}/positions/{n}/thumbnail.jpg",
  mask: "/scans/{scan_id}/positions/{n}/mask.png",
  depth: "/scans/{scan_id}/positions/{n}/depth.png",
  positions: "/scans/{scan_id}/positions",
  calibration: "/calibration/breathing",
  scale: "/calibration/focus",
  cancelCalibration: "/calibration/cancel",
  settings: "/settings",
  document: "/openapi.json",
});

/** A request that did not do what was asked, in words for a person. */
export class ApiProblem extends Error {
  /** @param {{status?: number, code?: string, detail?: string, title?: string, hint?: string, scan?: string, errors?: FieldError[]}} problem */
  constructor(problem) {
    super(problem.detail || problem.title || "The scanner refused this.");
    this.status = problem.status ?? 0;
    this.code = problem.code ?? "error";
    this.hint = problem.hint ?? "";
    /** id of the scan that holds the rig, where that is the reason */
    this.scan = problem.scan?.split("/").pop() ?? "";
    this.errors = problem.errors ?? [];
  }
}

/**
 * The address of a resource, relative to the page.
 * @param {keyof typeof paths} name
 * @param {Record<string, string|number>} [values]
 * @param {Record<string, string>} [query]
 */
export function address(name, values = {}, query = {}) {
  const path = PREFIX + paths[name].replace(/\{(\w+)\}/g, (_, key) => encodeURIComponent(values[key]));
  const asked = new URLSearchParams(query).toString();
  return asked ? `${path}?${asked}` : path;
}

/**
 * One request; the parsed answer, or null where there is none. Throws ApiProblem.
 * @param {"GET"|"POST"|"PUT"|"DELETE"} method
 * @param {keyof typeof paths} name
 * @param {{values?: Record<string, string|number>, body?: unknown, timeout?: number}} [options]  timeout in ms
 * @returns {Promise<any>}
 */
export async function call(method, name, { values, body, timeout = TIMEOUT_MS } = {}) {
  const response = await send(address(name, values), {
    method,
    headers: body === undefined ? {} : { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: AbortSignal.timeout(timeout),
  });
  if (!response.ok) {
    throw new ApiProblem({ status: response.status, ...(await facts(response)) });
  }
  return response.status === 204 ? null : response.json();
}

/**
 * How large a download is, in bytes; null where it is not there or its size is not told. Throws ApiProblem.
 * @param {string} url
 */
export async function sizeOf(url) {
  const response = await send(url, { method: "HEAD", signal: AbortSignal.timeout(TIMEOUT_MS) });
  const told = response.ok ? response.headers.get("Content-Length") : null;
  return told === null ? null : Number(told);
}

/** @param {string} url @param {RequestInit} init */
async function send(url, init) {
  try {
    return await fetch(url, init);
  } catch (error) {
    const late = error instanceof DOMException && error.name === "TimeoutError";
    throw new ApiProblem({
      code: late ? "timeout" : "offline",
      detail: late ? "The scanner took too long to answer." : "The scanner cannot be reached.",
      hint: "Check that it is switched on and in the same network, then try again.",
    });
  }
}

/** @param {Response} response @returns {Promise<object>} */
async function facts(response) {
  try {
    return await response.json();
  } catch {
    return { detail: `The scanner answered with an error (${response.status}).`, hint: "Try again." };
  }
}

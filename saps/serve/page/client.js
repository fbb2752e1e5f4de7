// Asks the service. One request of a kind is on its way at a time: a newer one cancels the older.

import { readJson } from "./values.js";

/**
 * An answer that is none: `retryAfter` in seconds where asking again makes sense, and in `details`
 * what else the service says of the error.
 */
export class Refusal extends Error {
  constructor(code, message, retryAfter = null, details = {}) {
    super(message);
    this.code = code;
    this.retryAfter = retryAfter;
    this.details = details;
  }
}

const onTheWay = new Map();

/** Forget the request of a kind that is on its way. */
export function cancel(path) {
  onTheWay.get(path)?.abort();
  onTheWay.delete(path);
}

/**
 * Post a request and return its answer; null where a newer one, or `cancel`, came between.
 *
 * @throws {Refusal} the service refuses, is gone, or answers no JSON.
 */
export async function ask(path, request) {
  cancel(path);
  const controller = new AbortController();
  onTheWay.set(path, controller);
  try {
    return await answered(path, request, controller.signal);
  } catch (error) {
    if (controller.signal.aborted) return null;
    throw error;
  } finally {
    if (onTheWay.get(path) === controller) onTheWay.delete(path);
  }
}

async function answered(path, request, signal) {
  let response;
  let text;
  try {
    response = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(request),
      signal,
    });
    text = await response.text();
  } catch {
    throw new Refusal("gone", "The service does not answer. Is saps serve still running?");
  }
  let body;
  try {
    body = readJson(text);
  } catch {
    throw new Refusal("answer", `The service sent something other than JSON (status ${response.status}).`);
  }
  if (response.ok) return body;
  const { code = "http", message = `Status ${response.status}.`, ...details } = body?.error ?? {};
  const retryAfter = Number(response.headers.get("Retry-After")) || null;
  throw new Refusal(code, message, retryAfter, details);
}

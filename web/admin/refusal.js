// What is said in a dialog whose order was not taken, or may not have been; and the way from there
// to a rollback that runs.
import { html } from "/assets/vendor/ui.js";
import { SIGN_IN } from "./frame.js";
import * as live from "./live.js";
import { NoAnswer, Refused } from "./server.js";
import { age } from "./words.js";

const NO_ANSWER = "No answer yet. Your request may still have arrived. ";
/** Of an order that has a key: the server knows it again. */
const ONCE = "Press the button again: it will not run twice.";
const SIGNED_OUT = "You are signed out. Sign in again, then come back here and press again.";
const OFFLINE = "You are offline. Press the button again when you are back.";

/** A rollback that is known to have started, and of which nothing more has been read yet. */
export const justStarted = (rollbackId, facts) => ({
  rollback_id: rollbackId,
  status: "pending",
  overdue: false,
  steps: [],
  target: null,
  from_deployment: null,
  requested_by: live.overview.value?.viewer.name ?? "you",
  requested_at: new Date(live.now.value).toISOString(),
  reason: null,
  next_actions: [],
  ...facts,
});

/** {text, running?, isOpen?, isSignedOut?}: `isOpen` if nobody knows whether the order arrived. */
export function refusal(error, then = ONCE) {
  if (error instanceof NoAnswer) {
    return { text: navigator.onLine ? NO_ANSWER + then : OFFLINE, isOpen: true };
  }
  if (!(error instanceof Refused)) throw error;
  const { problem, status, type } = error;
  if (type === "rollback-in-progress" && problem.rollback_id) {
    const ago = age(live.now.value - Date.parse(problem.requested_at));
    const text = `${problem.requested_by} already started a rollback ${ago} ago.`;
    const { requested_by, requested_at } = problem;
    return { text, running: justStarted(problem.rollback_id, { requested_by, requested_at }) };
  }
  if (status === 401) return { text: SIGNED_OUT, isSignedOut: true };
  if (status === 403) return { text: "You do not have permission." };
  return { text: error.message };
}

/** Goes to a rollback that was started; the dialog has to be closed by then. */
export function showProgress(started) {
  live.follow(started);
  requestAnimationFrame(() => document.getElementById("rollback-heading")?.focus());
}

export function Problem({ problem, show }) {
  return html`<div class="problem" role="alert">
    ${problem && html`<p>${problem.text}</p>`}
    ${problem?.isSignedOut &&
    html`<a class="btn btn-outline" href=${SIGN_IN} target="_blank">Sign in</a>`}
    ${problem?.running &&
    html`<button type="button" class="btn btn-outline" onClick=${() => show(problem.running)}>
      Show it
    </button>`}
  </div>`;
}

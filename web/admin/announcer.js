// Speaks to screen readers through the two live regions of the page, one sentence at a time: a
// reader drops what is replaced too soon, and the outcome of a rollback must never be dropped. Nor
// does it read what is behind an open dialog: until that is closed, sentences wait.

const PAUSE_MS = 1500;
const OUTCOME_MS = 5000;
/** A dialog may stay open for hours: the oldest of more than these is no news any more. */
const MOST_WAITING = 8;
const REGIONS = { status: "live-status", alert: "live-alert" };

const waiting = [];
let timer = null;

/** Queues a sentence; an outcome goes before everything that waits, and drops it. */
export function announce({ text, region = "status", isOutcome = false }) {
  if (isOutcome) {
    waiting.length = 0;
    clearTimeout(timer);
    timer = null;
  }
  waiting.push({ text, region, isOutcome });
  if (waiting.length > MOST_WAITING) waiting.shift();
  if (timer === null) speak();
}

function speak() {
  timer = null;
  if (!waiting.length) return;
  if (document.querySelector("dialog[open]")) {
    timer = setTimeout(speak, PAUSE_MS);
    return;
  }
  const next = waiting.shift();
  for (const [region, id] of Object.entries(REGIONS)) {
    document.getElementById(id).textContent = region === next.region ? next.text : "";
  }
  timer = setTimeout(speak, next.isOutcome ? OUTCOME_MS : PAUSE_MS);
}

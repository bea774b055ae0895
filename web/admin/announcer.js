// Speaks to screen readers through the two live regions of the page, one sentence at a time: a
// reader drops what is replaced too soon, and the outcome of a rollback must never be dropped.

const PAUSE_MS = 1500;
const OUTCOME_MS = 5000;
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
  if (timer === null) speak();
}

function speak() {
  timer = null;
  const next = waiting.shift();
  if (!next) return;
  for (const [region, id] of Object.entries(REGIONS)) {
    document.getElementById(id).textContent = region === next.region ? next.text : "";
  }
  timer = setTimeout(speak, next.isOutcome ? OUTCOME_MS : PAUSE_MS);
}

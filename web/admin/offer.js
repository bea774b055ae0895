// The button of what a person may do beside rolling back: it asks before it does anything.
import { html } from "/assets/vendor/ui.js";
import { announce } from "./announcer.js";
import { loadLater } from "./lazy.js";
import * as live from "./live.js";

const LOST = "This did not load. Check the connection and press again.";

export const mayOperate = () => live.overview.value.can_rollback;
export const mayAdminister = () => live.overview.value.viewer.role === "admin";

async function press(opener, question) {
  const parts = await loadLater();
  if (!parts) return announce({ text: LOST, region: "alert" });
  parts.ask(opener, question(parts.operations));
}

/** `question`: picks one of operations.js. `waits`: a rollback that runs has to end first. */
export function Offer({ id, label, waits = false, question }) {
  if (waits && live.isRunning.value) return html`<span class="muted">A rollback is running.</span>`;
  return html`<button type="button" id=${id} class="btn btn-outline" aria-haspopup="dialog"
    onClick=${(event) => press(event.currentTarget, question)}>${label}</button>`;
}

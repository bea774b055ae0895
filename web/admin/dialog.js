// Confirming a rollback: what to go back to, and why. Nothing starts without the last button.
import { html, signal, useLayoutEffect, useRef, useState } from "/assets/vendor/ui.js";
import { environment } from "./environment.js";
import { giveFocusBack } from "./focus.js";
import * as live from "./live.js";
import { Problem, justStarted, refusal, showProgress } from "./refusal.js";
import { sendJson } from "./server.js";
import { REASONS, pastHealth, shortSha, targets } from "./words.js";

const SHOWN_TARGETS = 3;
const LAST_STABLE = { deployment_id: "last-stable" };
const REFUSALS = [404, 409, 422];
const STRAGGLERS = "People still on the newer version will see errors.";
const KEPT = "Guests and couples keep their data.";
/** The dialog that is open, with what it offers as it was when it opened: nothing may move
 *  under a finger while data arrives. */
const opened = signal(null);

export function open({ opener, target, needsNote = false }) {
  const overview = live.overview.value;
  const choices = overview ? targets(overview) : [LAST_STABLE];
  opened.value = {
    opener,
    needsNote,
    choices: choices.length ? choices : [LAST_STABLE],
    recommended: overview?.recommended,
    target: target ?? choices[0]?.deployment_id ?? LAST_STABLE.deployment_id,
    expectedCurrent: overview?.live?.deployment_id,
    key: crypto.randomUUID(),
  };
}

/** The chosen one is always among the few that are shown. */
function firstChoices({ choices, target }) {
  const first = choices.slice(0, SHOWN_TARGETS);
  if (first.some((choice) => choice.deployment_id === target)) return first;
  const chosen = choices.find((choice) => choice.deployment_id === target);
  return [...first.slice(0, SHOWN_TARGETS - 1), chosen];
}

/** Only where it is known what the database does: it loses nothing then. */
const keepsData = (choice) => ["stays", "goes_back"].includes(choice?.database_plan);

const nameOf = (choice) =>
  choice.git_sha ? shortSha(choice.git_sha) : "the previous healthy version";

function Choice({ choice, isRecommended, form, isLocked, choose }) {
  const id = choice.deployment_id;
  const changed = choice.changed_variables ?? [];
  return html`<div class="form-check">
    <input type="radio" class="form-check-input" name="target" id="target-${id}" value=${id}
      checked=${form.target === id} disabled=${isLocked} onChange=${() => choose({ target: id })}
      aria-describedby="about-${id}" />
    <label class="form-check-label" for="target-${id}">
      ${choice.git_sha ? html`<code>${nameOf(choice)}</code> ${choice.title}` : "The previous healthy version"}
      ${isRecommended && html` <span class="tag">Recommended</span>`}
    </label>
    <p id="about-${id}" class="form-text">
      ${choice.git_sha ? choice.database_effect : "The server chooses it."}
      ${choice.git_sha && pastHealth(choice) && ` It was ${pastHealth(choice)}.`}
      ${changed.length > 0 && ` Settings changed since then, and go back too: ${changed.join(", ")}.`}
    </p>
  </div>`;
}

/** Nothing is lost, and still somebody has to want it. */
function AllowExclusive({ form, isLocked, choose }) {
  return html`<div class="form-check">
    <input type="checkbox" class="form-check-input" id="allow-exclusive" disabled=${isLocked}
      checked=${form.allowExclusive}
      onChange=${(event) => choose({ allowExclusive: event.currentTarget.checked })} />
    <label class="form-check-label" for="allow-exclusive">${STRAGGLERS}</label>
  </div>`;
}

function Targets({ opening, form, isLocked, choose }) {
  const [isAll, showAll] = useState(false);
  const choices = isAll ? opening.choices : firstChoices(opening);
  const isMore = choices.length < opening.choices.length;
  return html`<fieldset>
    <legend>Go back to</legend>
    ${choices.map(
      (choice) => html`<${Choice} key=${choice.deployment_id}
        isRecommended=${choice.deployment_id === opening.recommended}
        ...${{ choice, form, isLocked, choose }} />`,
    )}
    ${isMore &&
    html`<button type="button" class="btn btn-outline" onClick=${() => showAll(true)}>
      Show older
    </button>`}
  </fieldset>`;
}

function Reasons({ form, isLocked, choose }) {
  return html`<fieldset id="reasons">
    <legend>Why?</legend>
    ${REASONS.map(
      (reason, index) => html`<div class="form-check" key=${reason}>
        <input type="radio" class="form-check-input" name="reason" id="reason-${index}"
          value=${reason} checked=${form.reason === reason} disabled=${isLocked}
          onChange=${() => choose({ reason })} />
        <label class="form-check-label" for="reason-${index}">${reason}</label>
      </div>`,
    )}
  </fieldset>`;
}

function Note({ form, isLocked, needsNote, choose }) {
  const words = needsNote ? "Note (needed: the last rollback did not finish)" : "Note (optional)";
  return html`<label for="note" class="form-label">${words}</label>
    <textarea id="note" class="form-control" rows="2" maxlength="500" disabled=${isLocked}
      value=${form.note} onInput=${(event) => choose({ note: event.currentTarget.value })}></textarea>`;
}

function missing(form, needsNote, isExclusive) {
  if (isExclusive && !form.allowExclusive) {
    const text = "Tick that people will see errors, or choose another version.";
    return { text, field: "allow-exclusive" };
  }
  if (!form.reason) return { text: "Choose a reason first.", field: "reason-0" };
  if (needsNote && !form.note.trim()) return { text: "Write a note first.", field: "note" };
  return null;
}

const order = (form, opening) => ({
  deployment_id: form.target,
  environment,
  reason: form.reason,
  ...(opening.expectedCurrent && { expected_current: opening.expectedCurrent }),
  ...(form.note.trim() && { note: form.note.trim() }),
  ...(form.allowExclusive && { allow_exclusive: true }),
});

async function trigger(form, opening) {
  const headers = { "idempotency-key": opening.key };
  try {
    const { body } = await sendJson("POST", "/api/rollback/trigger", order(form, opening), {
      headers,
    });
    return { started: justStarted(body.rollback_id, { reason: form.reason }) };
  } catch (error) {
    // An order that was refused for what it says was not carried out: the next press is a new one.
    if (REFUSALS.includes(error.status)) opening.key = crypto.randomUUID();
    if (error.status === 409) live.reload(); // the page behind the question is not how it is
    if (error.type === "note-required") opening.needsNote = true;
    return refusal(error);
  }
}

function show(started) {
  opened.value = null;
  showProgress(started);
}

function Form({ opening }) {
  const [form, setForm] = useState({
    target: opening.target,
    reason: null,
    note: "",
    allowExclusive: false,
  });
  const [problem, setProblem] = useState(null);
  const [isSending, setSending] = useState(false);
  const isUnderWay = useRef(false); // set at once: a second Enter comes before the next drawing
  const title = useRef(null);
  useLayoutEffect(() => title.current.focus(), []);

  const chosen = opening.choices.find((choice) => choice.deployment_id === form.target);
  const choose = (change) => {
    // Chosen for one version, it is not chosen for another.
    const allowExclusive = form.allowExclusive && !("target" in change);
    setForm({ ...form, allowExclusive, ...change });
    setProblem(null);
  };
  const confirm = async () => {
    if (isUnderWay.current) return;
    const gap = missing(form, opening.needsNote, chosen?.is_exclusive);
    setProblem(gap);
    if (gap) return document.getElementById(gap.field).focus();
    isUnderWay.current = true;
    setSending(true);
    const result = await trigger(form, opening);
    isUnderWay.current = false;
    setSending(false);
    if (result.started) show(result.started);
    else setProblem(result);
  };
  // The order may have arrived: only the very same one can be sent again under its key.
  const isLocked = isSending || Boolean(problem?.isOpen);

  return html`<h2 id="rollback-title" tabindex="-1" ref=${title}>Roll back ${environment}?</h2>
    <p>
      The live site goes back to an earlier version. This takes less than 60 seconds.
      ${keepsData(chosen) && ` ${KEPT}`}
    </p>
    <${Targets} ...${{ opening, form, isLocked, choose }} />
    ${chosen?.is_exclusive && html`<${AllowExclusive} ...${{ form, isLocked, choose }} />`}
    <${Reasons} ...${{ form, isLocked, choose }} />
    <${Note} needsNote=${opening.needsNote} ...${{ form, isLocked, choose }} />
    <div class="dialog-end">
      <${Problem} problem=${problem} show=${show} />
      <div class="dialog-buttons">
        <button type="button" id="rollback-cancel" class="btn btn-outline"
          onClick=${() => (opened.value = null)}>Keep current version</button>
        <button type="button" id="rollback-confirm" class="btn btn-danger"
          aria-disabled=${String(isSending)} onClick=${confirm}>
          ${isSending ? "Starting…" : `Roll back to ${nameOf(chosen)}`}
        </button>
      </div>
    </div>`;
}

export function RollbackDialog() {
  const dialog = useRef(null);
  const opening = opened.value;
  useLayoutEffect(() => {
    if (!opening) return undefined;
    dialog.current.showModal();
    document.getElementById("rollback-title").focus();
    return () => {
      dialog.current.close();
      giveFocusBack(opening);
    };
  }, [opening]);
  return html`<dialog id="rollback-dialog" ref=${dialog} aria-labelledby="rollback-title"
    onClose=${() => (opened.value = null)}>
    ${opening && html`<${Form} key=${opening.key} opening=${opening} />`}
  </dialog>`;
}

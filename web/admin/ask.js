// Asks before one of the things that people can do beside rolling back, and does it. What is asked
// is in operations.js; a page with things of its own brings `send`, `reload` and `home` with each.
import { html, signal, useLayoutEffect, useRef, useState } from "/assets/vendor/ui.js";
import { announce } from "./announcer.js";
import { environment } from "./environment.js";
import { giveFocusBack } from "./focus.js";
import * as live from "./live.js";
import { Problem, justStarted, refusal, showProgress } from "./refusal.js";
import { NoAnswer, sendJson } from "./server.js";

/** Some of these wait for the platform. */
const TIMEOUT_MS = 30_000;
/** Done once more, it would take back what somebody has changed since. */
const LOOK_FIRST = "Close this and look at the page before you ask again.";
const NOTE_LIMIT = 400; // with a reason before it, as much as the server takes
const SHOWN_CHOICES = 4;

/** The question that is open, as it was when it opened: nothing may move under a finger. */
const opened = signal(null);
/** What the last one came to, in words: on the page until the next is asked. */
export const told = signal(null);

export function ask(opener, question) {
  told.value = null;
  opened.value = { ...question, opener };
}

function missing(form, { choices, subject, reasons }) {
  if (choices && form.subject === subject) {
    return { text: "It is so now. Choose another one, or keep it.", field: "operation-choice-0" };
  }
  if (reasons && !form.reason) {
    return { text: "Choose a reason first.", field: "operation-reason-0" };
  }
  if (!reasons && !form.note.trim()) return { text: "Write why first.", field: "operation-note" };
  return null;
}

const reasonOf = (form) => [form.reason, form.note.trim()].filter(Boolean).join(": ");

const order = (form, { action }) => ({
  action,
  environment,
  ...(form.subject !== undefined && { subject: form.subject }),
  reason: reasonOf(form),
});

const operate = (form, question) =>
  sendJson("POST", "/api/operations", order(form, question), {
    timeoutMs: question.timeoutMs ?? TIMEOUT_MS,
  });

const reload = (question) => (question.reload ?? live.reload)();

async function carryOut(form, question) {
  try {
    const answer = await (question.send ? question.send(reasonOf(form)) : operate(form, question));
    return { done: answer.body };
  } catch (error) {
    // The page behind the question is not how it is, or may not be.
    if (error.status === 409 || error instanceof NoAnswer) reload(question);
    return refusal(error, LOOK_FIRST);
  }
}

/** Closes once the page shows what has changed, so that the focus goes to what is there then. */
async function conclude({ rollback_id: rollbackId, message }, form, question) {
  if (rollbackId) {
    return show(justStarted(rollbackId, { kind: question.kind, reason: form.reason }));
  }
  announce({ text: message });
  await reload(question);
  told.value = message;
  if (opened.value === question) opened.value = null;
}

function show(started) {
  opened.value = null;
  showProgress(started);
}

function Radio({ name, index, label, about, isNow, isChosen, isLocked, choose }) {
  const id = `operation-${name}-${index}`;
  return html`<div class="form-check">
    <input type="radio" class="form-check-input" name="operation-${name}" id=${id}
      checked=${isChosen} disabled=${isLocked} onChange=${choose}
      aria-describedby=${about ? `${id}-about` : undefined} />
    <label class="form-check-label" for=${id}>
      ${label}${isNow && html` <span class="tag">Now</span>`}
    </label>
    ${about && html`<p id="${id}-about" class="form-text">${about}</p>`}
  </div>`;
}

function Choices({ question, form, isLocked, choose }) {
  const [isAll, showAll] = useState(false);
  const { legend, options } = question.choices;
  const shown = isAll ? options : options.slice(0, SHOWN_CHOICES);
  return html`<fieldset>
    <legend>${legend}</legend>
    ${shown.map(
      ({ subject, label, about }, index) => html`<${Radio} key=${subject} name="choice"
        isNow=${subject === question.subject} isChosen=${subject === form.subject}
        choose=${() => choose({ subject })} ...${{ index, label, about, isLocked }} />`,
    )}
    ${shown.length < options.length &&
    html`<button type="button" class="btn btn-outline" onClick=${() => showAll(true)}>
      Show older
    </button>`}
  </fieldset>`;
}

function Why({ question, form, isLocked, choose }) {
  const { reasons } = question;
  return html`${reasons &&
    html`<fieldset>
      <legend>Why?</legend>
      ${reasons.map(
        (reason, index) => html`<${Radio} key=${reason} name="reason" label=${reason}
          isChosen=${reason === form.reason} choose=${() => choose({ reason })}
          ...${{ index, isLocked }} />`,
      )}
    </fieldset>`}
    <label for="operation-note" class="form-label">${reasons ? "Note (optional)" : "Why?"}</label>
    <textarea id="operation-note" class="form-control" rows="2" maxlength=${NOTE_LIMIT}
      required=${!reasons} disabled=${isLocked} value=${form.note}
      onInput=${(event) => choose({ note: event.currentTarget.value })}></textarea>
    <p class="form-text">It is kept in the audit log, with your name.</p>`;
}

function Form({ question }) {
  const [form, setForm] = useState({ subject: question.subject, reason: "", note: "" });
  const [problem, setProblem] = useState(null);
  const [isSending, setSending] = useState(false);
  const isUnderWay = useRef(false); // set at once: a second Enter comes before the next drawing

  const choose = (change) => {
    setForm((before) => ({ ...before, ...change }));
    setProblem(null);
  };
  const confirm = async () => {
    if (isUnderWay.current) return;
    const gap = missing(form, question);
    setProblem(gap);
    if (gap) return document.getElementById(gap.field).focus();
    isUnderWay.current = true;
    setSending(true);
    const result = await carryOut(form, question);
    if (result.done) return conclude(result.done, form, question);
    isUnderWay.current = false;
    setSending(false);
    setProblem(result);
  };

  return html`<h2 id="operation-title" tabindex="-1">${question.title}</h2>
    ${question.sentences.map((sentence) => html`<p key=${sentence}>${sentence}</p>`)}
    ${question.choices && html`<${Choices} isLocked=${isSending} ...${{ question, form, choose }} />`}
    <${Why} isLocked=${isSending} ...${{ question, form, choose }} />
    <div class="dialog-end">
      <${Problem} problem=${problem} show=${show} />
      <div class="dialog-buttons">
        <button type="button" id="operation-cancel" class="btn btn-outline"
          onClick=${() => (opened.value = null)}>${question.cancel}</button>
        <button type="button" id="operation-confirm"
          class="btn ${question.isRed ? "btn-danger" : "btn-primary"}"
          aria-disabled=${String(isSending)} onClick=${confirm}>
          ${isSending ? "Sending…" : question.confirm(form.subject)}
        </button>
      </div>
    </div>`;
}

export function AskDialog() {
  const dialog = useRef(null);
  const question = opened.value;
  useLayoutEffect(() => {
    if (!question) return undefined;
    dialog.current.showModal();
    document.getElementById("operation-title").focus();
    return () => {
      dialog.current.close();
      giveFocusBack({ home: "standing-title", ...question });
    };
  }, [question]);
  return html`<dialog id="operation-dialog" ref=${dialog} aria-labelledby="operation-title"
    onClose=${() => (opened.value = null)}>
    ${question && html`<${Form} key=${question.title} question=${question} />`}
  </dialog>`;
}

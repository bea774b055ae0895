// /admin/sign-in: exchanges an access token, once, for a session cookie that no script can read.
import { NoAnswer, sendJson } from "./server.js";

const form = document.getElementById("sign-in");
const field = document.getElementById("token");
const button = document.getElementById("sign-in-btn");
const problem = document.getElementById("sign-in-error");
/** Nobody may have asked anything here for hours: functions and database wake up first. */
const TIMEOUT_MS = 20_000;
const PAGE = /^\/admin\/(?!sign-in)[a-z]+(\?|$)/;
let isSending = false;

function explain(error) {
  if (error instanceof NoAnswer) return "No answer from the server. Try again.";
  if (error.status === 401) return "This token is not valid. Ask an admin for a new one.";
  return error.message;
}

/** Where one came from. Only a page of ours: an address can be written by anybody. */
function wayBack() {
  const to = new URLSearchParams(location.search).get("to") ?? "";
  return PAGE.test(to) ? to : "/admin/deployments";
}

function setSending(sending) {
  isSending = sending;
  button.setAttribute("aria-disabled", String(sending));
  button.textContent = sending ? "Signing in…" : "Sign in";
}

async function signIn(event) {
  event.preventDefault();
  if (isSending) return;
  setSending(true);
  problem.textContent = "";
  try {
    await sendJson("POST", "/api/session", { token: field.value.trim() }, { timeoutMs: TIMEOUT_MS });
    location.assign(wayBack());
  } catch (error) {
    problem.textContent = explain(error);
    field.focus();
    setSending(false);
  }
}

form.addEventListener("submit", signIn);
// Back here from the page that it led to, as it was left.
addEventListener("pageshow", ({ persisted }) => persisted && setSending(false));

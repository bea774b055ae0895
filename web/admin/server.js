// Calls to our own functions. Cookies carry the session: no token is ever held here.

/** The server answered, and the answer is no; `problem` is its RFC 9457 body. */
export class Refused extends Error {
  constructor(status, problem) {
    super(problem.detail || problem.title || `The server answered ${status}.`);
    this.status = status;
    this.problem = problem;
  }

  /** The last part of the problem's address: what to switch on, as its words may change. */
  get type() {
    return String(this.problem.type ?? "").split(/[/#]/).pop();
  }
}

/** No answer that can be trusted: time-out, no network, or something else in front answered. */
export class NoAnswer extends Error {}

/** What turns the direction of writing: in a commit's title it would turn what stands beside it. */
const TURNS = /[\u202a-\u202e\u2066-\u2069]/g;

const straight = (_, value) => (typeof value === "string" ? value.replace(TURNS, "") : value);

async function parsed(response) {
  if (!/[/+]json/.test(response.headers.get("content-type") ?? "")) throw new NoAnswer();
  return JSON.parse(await response.text(), straight);
}

async function answered(response) {
  if (response.status === 204 || response.status === 304) return null;
  const body = await parsed(response);
  if (!response.ok) throw new Refused(response.status, body);
  return body;
}

/** Ends when the time is over or `signal` says so. Browsers before 2024 only know the first. */
function ending(timeoutMs, signal) {
  const timeout = AbortSignal.timeout(timeoutMs);
  return signal && AbortSignal.any ? AbortSignal.any([signal, timeout]) : timeout;
}

/** Sends one request; returns {body, etag}, body null for 204 and 304. Raises Refused or NoAnswer. */
export async function send(path, { timeoutMs = 8000, signal, ...options } = {}) {
  try {
    const response = await fetch(path, { ...options, signal: ending(timeoutMs, signal) });
    return { body: await answered(response), etag: response.headers.get("etag") };
  } catch (error) {
    if (error instanceof Refused) throw error;
    throw new NoAnswer(error.message);
  }
}

export function sendJson(method, path, body, { headers, ...options } = {}) {
  return send(path, {
    ...options,
    method,
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
}

// A status is a shape, a word and a colour: any one of the three is enough to read it.
import { html } from "/assets/vendor/ui.js";

const SHAPES = {
  ok: html`<circle cx="12" cy="12" r="10" /><path d="m7 12.5 3.5 3.5L17 9" />`,
  warn: html`<path d="M12 2.5 22.5 21h-21z" /><path d="M12 9.5v5m0 3v.2" />`,
  bad: html`<path d="M8 2h8l6 6v8l-6 6H8l-6-6V8z" /><path d="m8.5 8.5 7 7m0-7-7 7" />`,
  run: html`<path d="M12 2a10 10 0 1 1-7.1 2.9" />`,
  unknown: html`<circle cx="12" cy="12" r="10" stroke-dasharray="4 3.85" />`,
};

export function Icon({ shape }) {
  return html`<svg class="icon icon-${shape}" viewBox="0 0 24 24" aria-hidden="true" fill="none"
    stroke="currentColor" stroke-width="2.2" stroke-linecap="round" stroke-linejoin="round">
    ${SHAPES[shape]}
  </svg>`;
}

export function Status({ shape, word }) {
  return html`<span class="status status-${shape}"><${Icon} shape=${shape} />${word}</span>`;
}

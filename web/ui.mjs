// Everything the dashboard takes from Preact, htm and signals, as one module: one request, and no
// import map, which would have to be inline and so is blocked by the content security policy.
export { h, render, Fragment } from "preact";
export { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
export { batch, computed, effect, signal, untracked } from "@preact/signals";
export { html } from "htm/preact";

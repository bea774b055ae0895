// The second part of /admin/deployments: lazy.js fetches it.
import { html } from "/assets/vendor/ui.js";
import { ErrorRate } from "./chart.js";
import { History } from "./history.js";
import { Standing } from "./standing.js";

export { ask, AskDialog } from "./ask.js";
export * as operations from "./operations.js";

export const Rest = () => html`<${ErrorRate} /><${Standing} /><${History} />`;

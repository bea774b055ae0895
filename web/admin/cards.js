// A table that is shown as one card per row on a phone.
import { html } from "/assets/vendor/ui.js";

/** `rows`: [{key, name (a class), cells}], a cell for each of `columns`.
 *
 *  It keeps its roles in words: shown as cards its rows are no table rows any more. */
export function Cards({ id, caption, columns, rows }) {
  return html`<table id=${id} class="table cards" role="table">
    <caption>${caption}</caption>
    <thead role="rowgroup">
      <tr role="row">
        ${columns.map((name) => html`<th role="columnheader" scope="col">${name}</th>`)}
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${rows.map(
        ({ key, name = "", cells }) => html`<tr key=${key} role="row" class=${name}>
          ${cells.map(
            (cell, index) => html`<td role="cell">
              <span class="cell-label" aria-hidden="true">${columns[index]}</span>
              <div class="cell">${cell}</div>
            </td>`,
          )}
        </tr>`,
      )}
    </tbody>
  </table>`;
}

import { html } from '../vendor/preact/standalone.mjs';
import { OPERATIONS, subjectOf } from '../lib/history.mjs';
import { Button } from '../ui/button.mjs';
import { Icon } from '../ui/icons.mjs';
import { Notice } from '../ui/notice.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../lib/types.mjs').Operation} Operation */
/** @typedef {Pick<Parts, 'fileOperations'|'page'|'store'|'words'>} Needs */

/**
 * What was done to files, the last thing first; most of it can be undone.
 * @param {Needs & {data: Operation[]}} props
 */
export function History({ data, ...props }) {
  const { t } = props.words;
  if (!data.length)
    return html`<${Notice} icon="history" title=${t('history.empty')} text=${t('history.empty.text')} />`;
  const row = (/** @type {Operation} */ one) =>
    html`<${Row} key=${one.id} ...${props} operation=${one} />`;
  return html`<ul class="history">${data.map(row)}</ul>`;
}

/** @param {Needs & {operation: Operation}} props */
function Row({ fileOperations, operation, page, store, words: { t, formats } }) {
  const { count, id, kind, message, state, summary, time, undoable } = operation;
  const counted = { count, number: formats.number(count) };
  const title = kind in OPERATIONS ? t(`history.${kind}`, counted) : summary;
  const undo = async () => {
    await fileOperations.undo(id, count);
    await page.refresh();
  };
  const button = html`<${Button} label=${t('action.undo')} icon="undo-2" onClick=${undo} />`;
  const stateText = ['undone', 'failed', 'running'].includes(state) && t(`history.state.${state}`);
  return html`<li>
    <${Icon} name=${OPERATIONS[kind] ?? 'history'} />
    <div>
      <p>${title} ${stateText && html`<small>${stateText}</small>`}</p>
      <p class="history__detail">
        <time>${formats.dateTime(time)}</time> <span>${subjectOf(summary)}</span>
      </p>
      ${message && html`<p class="history__detail">${message}</p>`}
    </div>
    ${undoable && !store.state.readOnly && button}
  </li>`;
}

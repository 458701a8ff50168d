import { html } from '../vendor/preact/standalone.mjs';
import { differentRows, differentTerms } from '../lib/difference.mjs';
import { parameterRows } from '../lib/parameters.mjs';

/** @typedef {import('../lib/types.mjs').GenerationInfo} GenerationInfo */
/** @typedef {import('../lib/i18n.mjs').Translate} Translate */
/** @typedef {import('../lib/format.mjs').Formats} Formats */

/**
 * What is not the same in how two pictures were made: terms of the prompts, and parameters.
 * @param {{t: Translate, formats: Formats, before: GenerationInfo, after: GenerationInfo}} props
 */
export function Difference({ t, formats, before, after }) {
  const rows = differentRows(
    parameterRows(before, formats.number),
    parameterRows(after, formats.number),
  );
  const prompts = [
    { title: t('info.prompt'), from: before.prompt, to: after.prompt },
    { title: t('info.negative'), from: before.negative_prompt, to: after.negative_prompt },
  ].filter(({ from, to }) => from !== to);
  if (!rows.length && !prompts.length) return html`<p class="info__hint">${t('info.same')}</p>`;
  const row = (/** @type {import('../lib/difference.mjs').Changed} */ changed) => html`<tr>
    <th scope="row">${changed.label ? t(changed.label) : changed.name}</th>
    <td>${changed.before ? html`<del>${changed.before}</del>` : '–'}</td>
    <td>${changed.after ? html`<ins>${changed.after}</ins>` : '–'}</td>
  </tr>`;
  const table = html`<table><tbody>${rows.map(row)}</tbody></table>`;
  return html`<div class="difference">
    ${prompts.map(({ title, from, to }) => html`<${Prompt} title=${title} from=${from} to=${to} />`)}
    ${rows.length > 0 && table}
  </div>`;
}

/** The element of each kind of term. @type {Record<string, string>} */
const ELEMENTS = { added: 'ins', removed: 'del' };

/** @param {{title: string, from: string, to: string}} props */
function Prompt({ title, from, to }) {
  const term = (
    /** @type {{text: string, kind: string}} */ { text, kind },
    /** @type {number} */ i,
  ) => html`${i > 0 && ', '}<${ELEMENTS[kind] ?? 'span'}>${text}<//>`;
  return html`<h3>${title}</h3>
    <p class="prompt" dir="auto">${differentTerms(from, to).map(term)}</p>`;
}

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
  const rows = differentRows(parameterRows(before, formats.number), parameterRows(after, formats.number));
  const prompts = [
    { title: t('info.prompt'), from: before.prompt, to: after.prompt },
    { title: t('info.negative'), from: before.negative_prompt, to: after.negative_prompt },
  ].filter(({ from, to }) => from !== to);
  if (!rows.length && !prompts.length) return html`<p class="info__hint">${t('info.same')}</p>`;
  return html`<div class="difference">
    ${prompts.map(
      ({ title, from, to }) => html`<h3>${title}</h3><p class="prompt" dir="auto">
      ${differentTerms(from, to).map(({ text, kind }, i) => html`${i > 0 && ', '}<${kind === 'added' ? 'ins' : kind === 'removed' ? 'del' : 'span'}>${text}<//>`)}
    </p>`,
    )}
    ${
      rows.length > 0 &&
      html`<table><tbody>${rows.map(
        (row) => html`<tr>
      <th scope="row">${row.label ? t(row.label) : row.name}</th><td>${row.before ? html`<del>${row.before}</del>` : '–'}</td>
      <td>${row.after ? html`<ins>${row.after}</ins>` : '–'}</td>
    </tr>`,
      )}</tbody></table>`
    }
  </div>`;
}

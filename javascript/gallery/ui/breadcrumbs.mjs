import { html, useLayoutEffect, useRef } from '../vendor/preact/standalone.mjs';
import { Icon } from './icons.mjs';

/** @typedef {import('../lib/paths.mjs').Crumb} Crumb */

/**
 * The way to the folder that is shown. Links, so that the middle button and the context menu do
 * what they do everywhere.
 * @param {{label: string, home: {name: string, href: string}|null, crumbs: (Crumb & {href: string})[]}} props  home: null where the library has one root
 */
export function Breadcrumbs({ label, home, crumbs }) {
  const list = useRef(/** @type {HTMLElement|null} */ (null));
  const end = crumbs[crumbs.length - 1]?.path ?? '';
  useLayoutEffect(() => {
    // On a narrow screen the end of the way matters more than its start.
    if (list.current) list.current.scrollLeft = list.current.scrollWidth;
  }, [end]);
  const steps = [
    ...(home ? [{ ...home, path: '', icon: 'house' }] : []),
    ...crumbs.map((crumb) => ({ ...crumb, icon: '' })),
  ];
  return html`<nav class="crumbs" aria-label=${label}><ol ref=${list}>
    ${steps.map(
      (step, i) => html`<li key=${step.path}>
      ${i > 0 && html`<${Icon} name="chevron-right" />`}
      ${
        i === steps.length - 1
          ? html`<h1 class="crumb" aria-current="page">${step.name}</h1>`
          : html`<a class="crumb" href=${step.href} data-folder=${step.path || null} title=${step.path || step.name}>
          ${step.icon && html`<${Icon} name=${step.icon} />`}<span>${step.name}</span>
        </a>`
      }
    </li>`,
    )}
  </ol></nav>`;
}

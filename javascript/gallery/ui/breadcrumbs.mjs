import { html, useLayoutEffect, useRef } from '../vendor/preact/standalone.mjs';
import { Icon } from './icons.mjs';

/** @typedef {import('../lib/paths.mjs').Crumb} Crumb */

/**
 * @typedef {Object} BreadcrumbsProps
 * @property {string} label
 * @property {{name: string, href: string, icon?: string}|null} home  null where the library has one root
 * @property {(Crumb & {href: string})[]} crumbs
 */

/**
 * The way to the folder that is shown. Links, so that the middle button and the context menu do
 * what they do everywhere.
 * @param {BreadcrumbsProps} props
 */
export function Breadcrumbs({ label, home, crumbs }) {
  const list = useRef(/** @type {HTMLElement|null} */ (null));
  const end = crumbs[crumbs.length - 1]?.path ?? '';
  useLayoutEffect(() => {
    // On a narrow screen the end of the way matters more than its start; on a phone it is the first.
    const last = /** @type {HTMLElement|null} */ (list.current?.lastElementChild);
    if (list.current && last) list.current.scrollLeft = last.offsetLeft;
  }, [end]);
  const steps = [
    ...(home ? [{ icon: '', ...home, path: '' }] : []),
    ...crumbs.map((crumb) => ({ ...crumb, icon: '' })),
  ];
  const item = (
    /** @type {StepProps['step']} */ step,
    /** @type {number} */ i,
  ) => html`<li key=${step.path}>
    ${i > 0 && html`<${Icon} name="chevron-right" />`}
    <${Step} step=${step} isLast=${i === steps.length - 1} />
  </li>`;
  return html`<nav class="crumbs" aria-label=${label}>
    <ol ref=${list}>${steps.map(item)}</ol>
  </nav>`;
}

/** @typedef {{step: {name: string, path: string, href: string, icon: string}, isLast: boolean}} StepProps */

/** @param {StepProps} props */
function Step({ step: { href, icon, name, path }, isLast }) {
  if (isLast) return html`<h1 class="crumb" aria-current="page">${name}</h1>`;
  return html`<a class="crumb" href=${href} data-folder=${path || null} title=${path || name}>
    ${icon && html`<${Icon} name=${icon} />`}
    <span>${name}</span>
  </a>`;
}

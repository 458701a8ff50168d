import { html, useLayoutEffect, useRef } from '../vendor/preact/standalone.mjs';
import { Button, IconButton, withHint } from './button.mjs';
import { fitBar } from './fit-bar.mjs';

/** @typedef {import('../lib/i18n.mjs').Translate} Translate */
/** @typedef {import('../lib/commands.mjs').Command} Command */

/**
 * What can be done with the selected files: the most wanted as buttons, all in a menu.
 * @typedef {Object} SelectionBarProps
 * @property {Translate} t
 * @property {string} summary
 * @property {Command[]} commands  those that have a button here
 * @property {string} all  how many more there are to select; '' where all are
 * @property {(name: string) => void} run
 * @property {(action: string) => string} hint  the key of an action
 * @property {() => void} onAll
 * @property {(x: number, y: number) => void} onMenu
 * @property {() => void} onClear
 * @property {unknown} marks  rating and tags
 * @property {boolean} liked  all of them are
 */

/**
 * Fits the bar into its row, or rows on a phone, and tells the sheets how far up it reaches: messages
 * are above it.
 * @param {HTMLElement} bar
 */
function place(bar) {
  fitBar(bar);
  const shell = /** @type {HTMLElement|null} */ (bar.closest('.shell'));
  if (!shell) return;
  const height = shell.getBoundingClientRect().bottom - bar.getBoundingClientRect().top;
  shell.style.setProperty('--selection-bar', `${Math.ceil(height)}px`);
}

/** @param {SelectionBarProps} props */
export function SelectionBar(props) {
  const { t, summary, commands, all, run, hint, onAll, onMenu, onClear, marks, liked } = props;
  const bar = useRef(/** @type {HTMLElement|null} */ (null));
  useLayoutEffect(() => {
    if (bar.current) place(bar.current);
  });
  useLayoutEffect(() => {
    const { current } = bar;
    if (!current?.parentElement) return undefined;
    const observer = new ResizeObserver(() => place(current));
    observer.observe(current.parentElement);
    return () => observer.disconnect();
  }, []);
  const button = (/** @type {Command} */ { name, icon, label }) => html`<${Button}
    key=${name}
    kind=${`is-${name}`}
    pressed=${name === 'like' ? liked : undefined}
    icon=${icon}
    label=${t(label)}
    title=${withHint(t(label), hint(name))}
    onClick=${() => run(name)}
  />`;
  const openMenu = (/** @type {MouseEvent} */ event) => {
    const { left, top } = /** @type {Element} */ (event.currentTarget).getBoundingClientRect();
    onMenu(left, top);
  };
  return html`<div ref=${bar} class="selection-bar" role="region" aria-label=${t('selection.label')}>
    <${IconButton} icon="x" label=${t('selection.clear')} hint=${hint('clear')} onClick=${onClear} />
    <p aria-live="polite">${summary}</p>
    ${all && html`<button type="button" class="link" onClick=${onAll}>${all}</button>`}
    ${marks}
    <div class="selection-bar__actions">
      ${commands.map(button)}
      <${IconButton} icon="ellipsis" label=${t('action.more')} onClick=${openMenu} />
    </div>
  </div>`;
}

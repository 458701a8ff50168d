import { html, useLayoutEffect, useRef, useState } from '../vendor/preact/standalone.mjs';
import { begins, bound, keyName, sheet } from '../lib/keys.mjs';
import { assign, canChange, isModifier, refusal } from '../lib/remapping.mjs';
import { Button, IconButton } from './button.mjs';
import { keyWords } from './key-words.mjs';

/** @typedef {import('../lib/i18n.mjs').Translate} Translate */
/** @typedef {import('../lib/keys.mjs').OwnKeys} OwnKeys */
/** @typedef {import('../lib/keys.mjs').Scope} Scope */
/** @typedef {import('../lib/keys.mjs').Shortcut} Shortcut */
/** @typedef {import('../lib/remapping.mjs').Slot} Slot */

/**
 * What the sheet waits for: a key, or an answer.
 * @typedef {{kind: 'press', row: Shortcut, at: number, begun: string, text: string}
 *   | {kind: 'sure', text: string, action: string, own: OwnKeys, done: string}} Waiting
 */

/**
 * The sheet of keys, as a modal dialog of the browser's own: it keeps the focus, and Escape closes
 * it. Each key can be changed.
 * @param {{t: Translate, own: OwnKeys, onChange: (own: OwnKeys) => void, onClose: () => void}} props
 */
export function Shortcuts({ t, own, onChange, onClose }) {
  const dialog = useRef(/** @type {HTMLDialogElement|null} */ (null));
  const cap = useRef(/** @type {HTMLElement|null} */ (null));
  const [waiting, setWaiting] = useState(/** @type {Waiting|null} */ (null));
  const [said, setSaid] = useState('');
  useLayoutEffect(() => {
    dialog.current?.showModal();
  }, []);
  const rows = bound(own);

  /** @param {string} text */
  const rest = (text) => {
    setWaiting(null);
    setSaid(text);
  };
  /**
   * @param {OwnKeys} next
   * @param {string} text
   */
  const change = (next, text) => {
    onChange(next);
    rest(text);
    cap.current?.focus();
  };
  /**
   * @param {Shortcut} row
   * @param {number} at
   * @param {HTMLElement} element
   */
  const ask = (row, at, element) => {
    cap.current = element;
    element.focus(); // not every browser does so by a click
    setWaiting({
      kind: 'press',
      row,
      at,
      begun: '',
      text: t('keys.press', { action: nameOf(row, t) }),
    });
  };
  /**
   * @param {Extract<Waiting, {kind: 'press'}>} wait
   * @param {KeyboardEvent} event
   */
  const press = (wait, event) => {
    const { row, at } = wait;
    if (isModifier(event) || event.repeat) return;
    const no = refusal(event);
    if (no) {
      setWaiting({
        ...wait,
        begun: '',
        text: t(no === 'focus' ? 'keys.refused.focus' : 'keys.refused.browser', {
          key: keyWords(keyName(event), t),
        }),
      });
      return;
    }
    const key = wait.begun ? `${wait.begun} ${keyName(event)}` : keyName(event);
    if (!wait.begun && row.scopes.some((scope) => begins(rows, key, scope))) {
      setWaiting({ ...wait, begun: key, text: t('keys.second', { key: keyWords(key, t) }) });
      return;
    }
    const outcome = assign(own, { action: row.action, at }, key);
    const words = { key: keyWords(key, t), action: nameOf(row, t) };
    if ('own' in outcome) {
      change(outcome.own, t('keys.changed', words));
      return;
    }
    const taken = { key: words.key, action: nameOf(outcome.holder, t) };
    if (outcome.swapped)
      setWaiting({
        kind: 'sure',
        text: t('keys.taken', taken),
        action: t('keys.swap'),
        own: outcome.swapped,
        done: t('keys.changed', words),
      });
    else setWaiting({ ...wait, begun: '', text: t('keys.held', taken) });
  };
  /** @param {KeyboardEvent} event */
  const onKey = (event) => {
    if (!waiting || (waiting.kind !== 'press' && event.key !== 'Escape')) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === 'Escape') change(own, '');
    else if (waiting.kind === 'press') press(waiting, event);
  };
  /** @param {MouseEvent} event */
  const closeOutside = (event) => {
    if (event.target === dialog.current) dialog.current?.close();
  };
  const isAsked = (/** @type {Shortcut} */ row, /** @type {number} */ at) =>
    waiting?.kind === 'press' && waiting.row.action === row.action && waiting.at === at;

  const askReset = (/** @type {MouseEvent} */ event) => {
    cap.current = /** @type {HTMLElement} */ (event.currentTarget);
    setWaiting({
      kind: 'sure',
      text: t('keys.reset.sure'),
      action: t('keys.reset'),
      own: {},
      done: t('keys.reset.done'),
    });
  };
  const cancelButton = html`<${Button} label=${t('dialog.cancel')} onClick=${() => change(own, '')} />`;
  const isUnchanged = Object.keys(own).length === 0;
  const resetButton = html`<${Button}
    label=${t('keys.reset')}
    disabled=${isUnchanged}
    onClick=${askReset}
  />`;
  const sure = waiting?.kind === 'sure' ? waiting : null;
  const onSure = () => sure && change(sure.own, sure.done);
  const section = (/** @type {Scope|'everywhere'} */ scope) => html`<${Section}
    key=${scope}
    t=${t}
    rows=${rows}
    scope=${scope}
    isAsked=${isAsked}
    onAsk=${ask}
    onLeave=${() => rest('')}
  />`;
  return html`<dialog
    class="sheet is-keys"
    ref=${dialog}
    aria-labelledby="sheet-title"
    onClose=${onClose}
    onClick=${closeOutside}
    onKeyDown=${onKey}
  >
    <div class="sheet__inner">
      <header>
        <h2 id="sheet-title">${t('keys.title')}</h2>
        <${IconButton} icon="x" label=${t('keys.dismiss')} onClick=${() => dialog.current?.close()} />
      </header>
      ${SCOPES.map(section)}
    </div>
    <div class="keys-bar">
      <p role="status">${waiting?.text || said || t('keys.hint')}</p>
      ${sure && html`<${Sure} label=${sure.action} onSure=${onSure} />`}
      ${waiting ? cancelButton : resetButton}
    </div>
  </dialog>`;
}

/** @type {(Scope|'everywhere')[]} */
const SCOPES = ['everywhere', 'grid', 'viewer', 'duplicates'];

/**
 * @typedef {Object} SectionProps
 * @property {Translate} t
 * @property {Shortcut[]} rows
 * @property {Scope|'everywhere'} scope
 * @property {(row: Shortcut, at: number) => boolean} isAsked
 * @property {(row: Shortcut, at: number, element: HTMLElement) => void} onAsk
 * @property {() => void} onLeave  the key that is asked for has lost the focus
 */

/**
 * The keys of one place, a line for each action or few.
 * @param {SectionProps} props
 */
function Section({ t, rows, scope, isAsked, onAsk, onLeave }) {
  const cap =
    (/** @type {Shortcut} */ row) => (/** @type {string} */ key, /** @type {number} */ at) =>
      html`<${Cap}
      key=${`${row.action} ${at}`}
      t=${t}
      row=${row}
      name=${key}
      asked=${isAsked(row, at)}
      onAsk=${(/** @type {HTMLElement} */ element) => onAsk(row, at, element)}
      onLeave=${() => isAsked(row, at) && onLeave()}
    />`;
  const caps = (/** @type {Shortcut} */ row) => (row.keys.length ? row.keys : ['']).map(cap(row));
  const line = (
    /** @type {ReturnType<typeof sheet>[0]} */ { label, rows: own },
  ) => html`<div key=${label}>
    <dt>${own.map(caps)}</dt>
    <dd>${t(label)}</dd>
  </div>`;
  return html`<section>
    <h3>${t(`keys.in.${scope}`)}</h3>
    <dl>${sheet(rows, scope).map(line)}</dl>
  </section>`;
}

/**
 * @typedef {Object} CapProps
 * @property {Translate} t
 * @property {Shortcut} row
 * @property {string} name  the key; '' for none
 * @property {boolean} asked
 * @property {(element: HTMLElement) => void} onAsk
 * @property {() => void} onLeave
 */

/**
 * A key that can be changed, or one that cannot.
 * @param {CapProps} props
 */
function Cap({ t, row, name, asked, onAsk, onLeave }) {
  const words = name ? keyWords(name, t) : '–';
  if (!canChange(name)) return html`<kbd>${words}</kbd>`;
  const onClick = (/** @type {MouseEvent} */ event) =>
    !asked && onAsk(/** @type {HTMLElement} */ (event.currentTarget));
  return html`<button
    type="button"
    class=${`keycap ${asked ? 'is-asked' : ''}`}
    title=${t('keys.change')}
    aria-label=${`${nameOf(row, t)}: ${words}`}
    aria-pressed=${asked}
    onBlur=${onLeave}
    onClick=${onClick}
  >
    <kbd>${asked ? '…' : words}</kbd>
  </button>`;
}

/**
 * What the question is about, with the focus.
 * @param {{label: string, onSure: () => void}} props
 */
function Sure({ label, onSure }) {
  const place = useRef(/** @type {HTMLElement|null} */ (null));
  useLayoutEffect(() => place.current?.querySelector('button')?.focus(), []);
  return html`<span ref=${place}><${Button} label=${label} kind="is-primary" onClick=${onSure} /></span>`;
}

/**
 * @param {Shortcut} row
 * @param {Translate} t
 */
function nameOf({ name, label, count }, t) {
  return name ? t(name, count ? { count } : {}) : t(label);
}

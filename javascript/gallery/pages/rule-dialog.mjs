import { html, useEffect, useState } from '../vendor/preact/standalone.mjs';
import { ApiError } from '../api/transport.mjs';
import { baseName } from '../lib/paths.mjs';
import { conditionsOf, RULE_FIELDS, ruleOf, withoutNumber } from '../lib/rules.mjs';
import { useStateAbout } from '../ui/about.mjs';
import { Button, IconButton } from '../ui/button.mjs';
import { Dialog, DialogButtons } from '../ui/dialog.mjs';
import { valueOf } from '../ui/events.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../api/auto-tags.mjs').Preview} Preview */
/** @typedef {import('../lib/rules.mjs').Condition} Condition */
/** @typedef {import('../lib/rules.mjs').Rule} Rule */
/** @typedef {Pick<Parts, 'api'|'ruleActions'|'words'>} Needs */
/** @typedef {{busy: boolean, found: Preview|null, problem: string}} Answer */

const PAUSE_MS = 250;
/** @type {Answer} */
const NOTHING = { busy: false, found: null, problem: '' };

/**
 * A rule as a form, with what it matches now.
 * @param {Needs & {rules: Rule[], index: number, onClose: () => void}} props
 */
export function RuleDialog({ api, index, ruleActions, rules, words, onClose }) {
  const { t } = words;
  const before = rules[index];
  const [tag, setTag] = useState(before?.tag ?? '');
  const [lines, setLines] = useState(
    before ? conditionsOf(before) : [{ field: 'prompt', value: '' }],
  );
  const rule = ruleOf(tag, lines, before?.enabled !== false);
  const [refused, setRefused] = useStateAbout(JSON.stringify(rule), '');
  const answer = usePreview(api, ruleOf(tag || '-', lines));
  const put = (/** @type {number} */ i, /** @type {Partial<Condition>} */ part) =>
    setLines(lines.map((line, j) => (i === j ? { ...line, ...part } : line)));
  const save = async () => {
    if (!rule) return;
    try {
      await ruleActions.put(rules, index, rule);
      onClose();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setRefused(withoutNumber(error.message));
    }
  };
  const line = (/** @type {Condition} */ condition, /** @type {number} */ i) => html`<${Line}
    key=${i}
    t=${t}
    condition=${condition}
    onChange=${(/** @type {Partial<Condition>} */ part) => put(i, part)}
    onRemove=${lines.length > 1 && (() => setLines(lines.filter((_, j) => j !== i)))}
  />`;
  const add = () => setLines([...lines, { field: 'prompt', value: '' }]);
  const title = t(before ? 'rule.edit' : 'rule.new');
  return html`<${Dialog}
    title=${title}
    dismiss=${t('dialog.cancel')}
    kind="is-wide"
    onClose=${onClose}
    onSubmit=${save}
  >
    <div class="rule">
      <label class="field">
        <span>${t('rule.tag')}</span>
        <input
          type="text"
          autocomplete="off"
          maxlength="200"
          autofocus
          value=${tag}
          onInput=${(/** @type {Event} */ event) => setTag(valueOf(event))}
        />
      </label>
      ${lines.map(line)}
      <p><${Button} label=${t('rule.add')} icon="plus" onClick=${add} /></p>
      <p class="form__hint">${t('rule.hint')}</p>
      <${Matches} ...${{ answer, api, words }} problem=${refused || answer.problem} />
    </div>
    <${DialogButtons}>
      <${Button} label=${t('dialog.cancel')} onClick=${onClose} />
      <${Button} label=${t('dialog.save')} kind="is-primary" submit=${true} disabled=${!rule} />
    <//>
  <//>`;
}

/**
 * @param {{t: Parts['words']['t'], condition: Condition, onChange: (part: Partial<Condition>) => void,
 *   onRemove: (() => void)|false}} props
 */
function Line({ condition, t, onChange, onRemove }) {
  const option = (/** @type {string} */ field) =>
    html`<option key=${field} value=${field} selected=${field === condition.field}>
      ${t(`rule.is.${field}`)}
    </option>`;
  const remove = html`<${IconButton}
    icon="x"
    label=${t('rule.remove')}
    onClick=${onRemove || (() => {})}
  />`;
  return html`<div class="rule__line">
    <select
      class="select is-field"
      aria-label=${t('rule.field')}
      onChange=${(/** @type {Event} */ event) => onChange({ field: valueOf(event) })}
    >
      ${RULE_FIELDS.map(option)}
    </select>
    <input
      type="text"
      autocomplete="off"
      spellcheck=${false}
      aria-label=${t('rule.value')}
      value=${condition.value}
      onInput=${(/** @type {Event} */ event) => onChange({ value: valueOf(event) })}
    />
    ${onRemove && remove}
  </div>`;
}

/**
 * How many files match, and some of them.
 * @param {Pick<Parts, 'api'|'words'> & {answer: Answer, problem: string}} props
 */
function Matches({ answer: { busy, found }, api, problem, words: { t, formats } }) {
  const tile = (/** @type {string} */ path) => html`<img
    key=${path}
    data-path=${path}
    src=${api.thumbnail(path, 0, 256)}
    alt=${baseName(path)}
    title=${baseName(path)}
    loading="lazy"
  />`;
  const counted = found && {
    count: found.count,
    number: formats.number(found.count),
    tested: formats.number(found.tested),
  };
  const text = counted && t(found.complete ? 'rule.matches' : 'rule.matches.newest', counted);
  const waiting = busy && t('rule.counting');
  return html`<p class=${problem ? 'form__problem' : 'form__hint'} role="status">
      ${waiting || problem || text}
    </p>
    <div class="rule__samples">${!problem && found?.samples.map(tile)}</div>`;
}

/**
 * What a rule matches, a moment after it was typed.
 * @param {Parts['api']} api
 * @param {Rule|null} rule
 * @returns {Answer}
 */
function usePreview(api, rule) {
  const [answer, setAnswer] = useState(NOTHING);
  const asked = rule ? JSON.stringify(rule.match) : '';
  useEffect(() => {
    if (!rule) {
      setAnswer(NOTHING);
      return undefined;
    }
    const asking = new AbortController();
    setAnswer((before) => ({ ...before, busy: true }));
    const fail = (/** @type {unknown} */ error) => {
      if (asking.signal.aborted) return;
      if (!(error instanceof ApiError)) throw error;
      setAnswer({ ...NOTHING, problem: withoutNumber(error.message) });
    };
    const ask = () =>
      api.previewRule(rule, asking.signal).then((found) => setAnswer({ ...NOTHING, found }), fail);
    const timer = setTimeout(ask, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      asking.abort();
    };
  }, [asked]);
  return answer;
}

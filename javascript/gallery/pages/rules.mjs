import { html } from '../vendor/preact/standalone.mjs';
import { conditionsOf } from '../lib/rules.mjs';
import { Button } from '../ui/button.mjs';
import { Check } from '../ui/form.mjs';
import { Icon } from '../ui/icons.mjs';
import { Notice } from '../ui/notice.mjs';
import { WithMenu } from '../ui/with-menu.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../api/auto-tags.mjs').Run} Run */
/** @typedef {import('../lib/rules.mjs').Rule} Rule */
/** @typedef {Pick<Parts, 'ruleActions'|'store'|'words'>} Needs */

/**
 * The rules that give tags to new files, and when they were applied to those that were there.
 * @param {Needs & {data: {rules: Rule[], runs: Run[]}}} props
 */
export function Rules({ data: { rules, runs }, ...props }) {
  const { ruleActions, store, words } = props;
  const { t } = words;
  const { readOnly } = store.state;
  const add = { label: t('rule.new'), onClick: () => ruleActions.edit(rules, rules.length) };
  const row = (/** @type {Rule} */ _, /** @type {number} */ index) =>
    html`<${Row} key=${index} ...${props} rules=${rules} index=${index} />`;
  if (!rules.length && !runs.length)
    return html`<${Notice}
      icon="tag"
      title=${t('rule.none')}
      text=${t('rule.none.text')}
      action=${add.label}
      onAction=${readOnly ? null : add.onClick}
    />`;
  const isOn = rules.some(({ enabled }) => enabled !== false);
  return html`${
    !readOnly &&
    html`<div class="page__head">
        <p class="form__hint">${t('rule.none.text')}</p>
        <${Button} ...${add} icon="plus" />
        <${Button}
          label=${t('rule.apply')}
          icon="sparkles"
          disabled=${!isOn}
          onClick=${() => ruleActions.apply(null)}
        />
      </div>`
  }
    <ul class="rules">${rules.map(row)}</ul>
    ${runs.length > 0 && html`<${Runs} ...${props} runs=${runs} />`}`;
}

/** @param {Needs & {rules: Rule[], index: number}} props */
function Row({ index, ruleActions, rules, store, words: { t } }) {
  const rule = rules[index];
  const { readOnly } = store.state;
  /** @type {Record<string, () => void>} */
  const does = {
    edit: () => ruleActions.edit(rules, index),
    apply: () => ruleActions.apply({ ...rule, enabled: true }),
    remove: () => ruleActions.remove(rules, index),
  };
  const conditions = conditionsOf(rule).map(
    ({ field, value }) => html`<span class="rules__one" key=${`${field} ${value}`}>
      <small>${nameOf(t, field)}</small> ${value}
    </span>`,
  );
  return html`<${WithMenu}
    kind="rules__row"
    label=${t('manage.menu', { name: rule.tag })}
    title=${rule.tag}
    groups=${readOnly ? [] : groupsOf(t)}
    onChoose=${(/** @type {string} */ id) => does[id]()}
  >
    ${
      readOnly
        ? html`<span>${rule.tag}</span>`
        : html`<${Check}
          label=${rule.tag}
          checked=${rule.enabled !== false}
          onChange=${(/** @type {boolean} */ isOn) => ruleActions.turn(rules, index, isOn)}
        />`
    }
    <p>${conditions}</p>
  <//>`;
}

/**
 * The name of a field, without its examples.
 * @param {Parts['words']['t']} t
 * @param {string} field
 */
function nameOf(t, field) {
  return t(`rule.is.${field}`).replace(/\s*[(（].*/, '');
}

/** @param {Parts['words']['t']} t */
function groupsOf(t) {
  return [
    [
      { id: 'edit', icon: 'pencil', label: t('rule.edit') },
      { id: 'apply', icon: 'sparkles', label: t('rule.apply') },
    ],
    [{ id: 'remove', icon: 'trash-2', label: t('rule.delete'), kind: 'is-danger' }],
  ];
}

/** @param {Needs & {runs: Run[]}} props */
function Runs({ ruleActions, runs, store, words: { t, formats } }) {
  const row = (/** @type {Run} */ { count, id, time }) => html`<li key=${id}>
    <${Icon} name="tag" />
    <div>
      <p>${t('rule.given', { count, number: formats.number(count) })}</p>
      <p class="history__detail"><time>${formats.dateTime(time)}</time></p>
    </div>
    ${
      !store.state.readOnly &&
      html`<${Button}
        label=${t('action.undo')}
        icon="undo-2"
        onClick=${() => ruleActions.takeBack(id)}
      />`
    }
  </li>`;
  return html`<section class="page__part">
    <h2>${t('rule.runs')}</h2>
    <ul class="history">${runs.map(row)}</ul>
  </section>`;
}

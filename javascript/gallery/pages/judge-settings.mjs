import { html, useEffect, useState } from '../vendor/preact/standalone.mjs';
import { ApiError } from '../api/transport.mjs';
import { Button } from '../ui/button.mjs';

/** @typedef {import('../api/vision.mjs').Judge} Judge */
/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {Pick<Parts, 'api'|'store'|'toasts'|'words'>} Needs */

const AGAIN_MS = 2000;

/**
 * The models that judge pictures: which are on, and how far each is.
 * @param {Needs} props
 */
export function JudgeSettings(props) {
  const { api, toasts } = props;
  const [judges, setJudges] = useState(/** @type {Judge[]} */ ([]));
  const ask = async () => {
    try {
      setJudges((await api.judges()).judges);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error; // what was known stays
    }
  };
  useEffect(() => {
    ask();
    const timer = setInterval(ask, AGAIN_MS);
    return () => clearInterval(timer);
  }, []);
  /** @param {string} name @param {'on'|'off'|'forget'} how */
  const turn = async (name, how) => {
    try {
      await api.turnJudge(name, how);
    } catch (error) {
      toasts.fail(error);
    }
    await ask();
  };
  return html`<ul class="vision">
      ${judges.map(
        (judge) => html`<${One} key=${judge.name} ...${props} judge=${judge} turn=${turn} />`,
      )}
    </ul>`;
}

/**
 * @param {Needs & {judge: Judge, turn: (name: string, how: 'on'|'off'|'forget') => Promise<void>}} props
 */
function One({ store, words: { t, formats }, judge, turn }) {
  const { done, has_results, name, on, rate, reason, state, total } = judge;
  const title = t(`judge.${name}`);
  const isShown = state !== 'off' && state !== 'failed';
  const counted = { count: total, done: formats.number(done), total: formats.number(total) };
  const texts = [t('vision.seen', counted)];
  if (state === 'working' && rate) {
    texts.push(t('vision.rate', { rate: formats.number(Math.round(rate * 10) / 10) }));
    const number = Math.round((total - done) / rate / 60);
    texts.push(number < 1 ? t('index.soon') : t('index.left', { count: number, number }));
  }
  const button = (/** @type {string} */ label, /** @type {'on'|'off'|'forget'} */ how) =>
    html`<${Button} label=${t(label)} title=${`${t(label)}: ${title}`} onClick=${() => turn(name, how)} />`;
  const buttons = html`<div class="vision__buttons">
    ${on ? button('judge.off', 'off') : button('judge.on', 'on')}
    ${has_results && button('judge.forget', 'forget')}
  </div>`;
  return html`<li class="vision__model">
    <div>
      <strong>${title}</strong>
      <p class="form__hint">${t(`judge.${name}.text`)}</p>
      ${isShown && html`<p class="form__hint">${texts.join(' · ')}</p>`}
      ${reason && html`<p class="form__hint">${reason}</p>`}
    </div>
    ${!store.state.readOnly && buttons}
  </li>`;
}

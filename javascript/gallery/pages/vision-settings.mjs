import { html, useEffect, useState } from '../vendor/preact/standalone.mjs';
import { ApiError } from '../api/transport.mjs';
import { Button } from '../ui/button.mjs';
import { Coming, leftText } from './coming.mjs';

/** @typedef {import('../api/vision.mjs').VisionDownload} VisionDownload */
/** @typedef {import('../api/vision.mjs').VisionModel} VisionModel */
/** @typedef {import('../api/vision.mjs').VisionStatus} VisionStatus */
/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {Pick<Parts, 'api'|'store'|'toasts'|'words'>} Needs */
/** @typedef {(work: () => Promise<unknown>) => Promise<void>} Act */

const AGAIN_MS = 1500;

/**
 * The models that see what is in pictures: what is there of each, the download, and how far the one that is
 * used has looked.
 * @param {Needs} props
 */
export function VisionSettings(props) {
  const { api, store, toasts, words } = props;
  const { t } = words;
  const [status, setStatus] = useState(/** @type {VisionStatus|null} */ (null));
  const ask = async () => {
    try {
      setStatus(await api.visionStatus());
    } catch (error) {
      if (!(error instanceof ApiError)) throw error; // what was known stays
    }
  };
  useEffect(() => {
    ask();
    const timer = setInterval(ask, AGAIN_MS);
    return () => clearInterval(timer);
  }, []);
  /** @type {Act} */
  const act = async (work) => {
    try {
      await work();
    } catch (error) {
      toasts.fail(error);
    }
    await ask();
  };
  if (!status) return html`<p class="form__hint">…</p>`;
  if (!status.installed)
    return html`<p>${t('vision.install')} <code>pip install "iib[vision]"</code></p>`;
  const canChange = !store.state.readOnly;
  return html`<${Seen} ...${props} status=${status} act=${act} />
    <ul class="vision">
      ${status.models.map(
        (model) =>
          html`<${Model}
            key=${model.name}
            ...${props}
            model=${model}
            download=${ofModel(status.download, model)}
            canChange=${canChange}
            act=${act}
          />`,
      )}
    </ul>`;
}

/**
 * How far the model has looked, and a button that pauses or resumes it.
 * @param {Needs & {status: VisionStatus, act: Act}} props
 */
function Seen({ api, store, status, act, words }) {
  const { t, formats } = words;
  const { done, rate, reason, seconds_left: left, state, total, waits_for: waitsFor } = status;
  if (state === 'no_model') return null;
  if (state === 'failed') return html`<p role="alert">${reason}</p>`;
  const counted = { count: total, done: formats.number(done), total: formats.number(total) };
  const texts = [t('vision.seen', counted)];
  if (state === 'working' && rate)
    texts.push(t('vision.rate', { rate: formats.number(round(rate)) }));
  if (state === 'working' && left !== null) texts.push(leftText(left, t));
  if (state === 'waiting') texts.push(t(`vision.waits.${waitsFor || 'idle'}`));
  if (state === 'paused') texts.push(t('vision.paused'));
  const isPaused = state === 'paused';
  const toggle = html`<${Button}
    label=${t(isPaused ? 'vision.resume' : 'vision.pause')}
    icon=${isPaused ? 'play' : 'pause'}
    onClick=${() => act(() => (isPaused ? api.resumeVision() : api.pauseVision()))}
  />`;
  return html`<div class="vision__seen">
    <progress max=${total || 1} value=${done} aria-label=${t('vision.title')}></progress>
    <span aria-live="polite">${texts.join(' · ')}</span>
    ${!store.state.readOnly && state !== 'done' && toggle}
  </div>`;
}

/**
 * @param {Needs & {model: VisionModel, download: VisionDownload|null, canChange: boolean, act: Act}} props
 */
function Model({ api, model, download, canChange, act, words }) {
  const { t, formats } = words;
  const { languages, licence, name, own, reason, size_bytes: size, state, title, used } = model;
  const isRunning = download?.status === 'running';
  const facts = [formats.bytes(size), licence, languages || t('vision.noWords')].filter(Boolean);
  const button = (
    /** @type {string} */ label,
    /** @type {string} */ icon,
    /** @type {() => Promise<unknown>} */ work,
  ) => html`<${Button}
    key=${label}
    label=${t(label)}
    icon=${icon}
    title=${`${t(label)}: ${title}`}
    onClick=${() => act(work)}
  />`;
  const download_ = () => api.downloadVision(name);
  const buttons = [
    isRunning && button('vision.pause', 'pause', () => api.pauseVisionDownload()),
    !isRunning && !own && state === 'missing' && button('vision.download', 'download', download_),
    !isRunning && !own && state === 'partial' && button('vision.resume', 'download', download_),
    state === 'ready' && !used && button('vision.use', 'check', () => api.useVision(name)),
    !isRunning &&
      !own &&
      state !== 'missing' &&
      button('vision.remove', 'trash-2', () => api.removeVision(name)),
  ].filter(Boolean);
  return html`<li class="vision__model">
    <div>
      <strong>${title}</strong> ${used && html`<span class="vision__used">${t('vision.used')}</span>`}
      <p class="form__hint">${facts.join(' · ')}</p>
      ${isRunning && html`<${Coming} download=${download} words=${words} />`}
      ${!isRunning && download?.status === 'failed' && html`<p role="alert">${download.error}</p>`}
      ${!isRunning && state !== 'ready' && html`<p class="form__hint">${reason}</p>`}
    </div>
    ${canChange && html`<div class="vision__buttons">${buttons}</div>`}
  </li>`;
}

/**
 * The last download, where it was of this model.
 * @param {VisionDownload|null} download
 * @param {VisionModel} model
 */
function ofModel(download, { name }) {
  return download?.name === name ? download : null;
}

/** @param {number} rate */
function round(rate) {
  return rate < 10 ? Math.round(rate * 10) / 10 : Math.round(rate);
}

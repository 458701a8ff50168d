import { html, useEffect, useState } from '../vendor/preact/standalone.mjs';
import { ApiError } from '../api/transport.mjs';
import { Button } from '../ui/button.mjs';
import { Coming } from './coming.mjs';

/** @typedef {import('../api/meaning.mjs').SentenceModel} SentenceModel */
/** @typedef {import('../api/meaning.mjs').SentenceModels} SentenceModels */
/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {Pick<Parts, 'api'|'store'|'toasts'|'words'>} Needs */

const AGAIN_MS = 1500;
const HASH_CHARS = 12;

/**
 * The models that compare the meaning of prompts: what is there of each, and its download.
 * @param {Needs} props
 */
export function SentenceModelList(props) {
  const { api, store, toasts, words } = props;
  const [models, setModels] = useState(/** @type {SentenceModels|null} */ (null));
  const ask = async () => {
    try {
      setModels(await api.sentenceModels());
    } catch (error) {
      if (!(error instanceof ApiError)) throw error; // what was known stays
    }
  };
  const isComing = models?.download?.status === 'running';
  useEffect(() => {
    ask();
  }, []);
  useEffect(() => {
    if (!isComing) return undefined;
    const timer = setInterval(ask, AGAIN_MS);
    return () => clearInterval(timer);
  }, [isComing]);
  const act = async (/** @type {() => Promise<unknown>} */ work) => {
    try {
      await work();
    } catch (error) {
      toasts.fail(error);
    }
    await ask();
  };
  if (!models) return null;
  return html`<ul class="vision">
    ${models.sentence_models.map(
      (model) =>
        html`<${Row}
          key=${model.name}
          api=${api}
          model=${model}
          models=${models}
          canChange=${!store.state.readOnly}
          act=${act}
          words=${words}
        />`,
    )}
  </ul>`;
}

/**
 * @param {Pick<Needs, 'api'|'words'> & {model: SentenceModel, models: SentenceModels, canChange: boolean,
 *   act: (work: () => Promise<unknown>) => Promise<void>}} props
 */
function Row({ api, model, models, canChange, act, words }) {
  const { t, formats } = words;
  const { languages, licence, name, reason, sha256, size_bytes: size, state } = model;
  const download = models.download?.name === name ? models.download : null;
  const isComing = download?.status === 'running';
  const facts = [languages, formats.bytes(size), licence, `sha256 ${sha256.slice(0, HASH_CHARS)}…`];
  const button = (
    /** @type {string} */ label,
    /** @type {string} */ icon,
    /** @type {() => Promise<unknown>} */ work,
  ) => html`<${Button}
    label=${t(label)}
    icon=${icon}
    title=${`${t(label)}: ${name}`}
    onClick=${() => act(work)}
  />`;
  const canDownload = !isComing && (state === 'downloadable' || state === 'damaged');
  return html`<li class="vision__model">
    <div>
      <strong>${name}</strong>
      ${
        models.embedding_model === name &&
        html`<span class="vision__used">${t('vision.used')}</span>`
      }
      <p class="form__hint">${facts.join(' · ')}</p>
      ${isComing && html`<${Coming} download=${download} words=${words} />`}
      ${!isComing && download?.status === 'failed' && html`<p role="alert">${download.error}</p>`}
      ${!isComing && state !== 'ready' && html`<p class="form__hint">${reason}</p>`}
    </div>
    ${
      canChange &&
      html`<div class="vision__buttons">
      ${canDownload && button('vision.download', 'download', () => api.downloadSentenceModel(name))}
      ${
        download &&
        isComing &&
        button('vision.pause', 'pause', () => api.cancelSentenceModel(download.job_id))
      }
    </div>`
    }
  </li>`;
}

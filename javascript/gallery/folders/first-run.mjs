import { html, useEffect, useState } from '../vendor/preact/standalone.mjs';
import { ApiError } from '../api/transport.mjs';
import { Button } from '../ui/button.mjs';
import { Icon } from '../ui/icons.mjs';
import { Notice } from '../ui/notice.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../lib/types.mjs').SuggestedRoots} SuggestedRoots */

/**
 * A library without folders: adds one.
 * @param {Pick<Parts, 'api'|'libraryRoots'|'store'|'words'>} props
 */
export function FirstRun({ api, libraryRoots, store, words: { t } }) {
  const found = useSuggested(api);
  const [isBusy, setBusy] = useState(false);
  if (!found) return null;
  if (!found.places.length) {
    const text = t(store.state.readOnly ? 'empty.library.text' : 'empty.roots.text');
    return html`<${Notice} icon="images" title=${t('empty.roots.title')} text=${text} />`;
  }
  const busy = async (/** @type {() => Promise<unknown>} */ work) => {
    setBusy(true);
    await work();
    setBusy(false);
  };
  const suggestion = (
    /** @type {SuggestedRoots['folders'][0]} */ { path, program },
  ) => html`<li key=${path}>
    <button
      type="button"
      class="first-run__one"
      disabled=${isBusy}
      onClick=${() => busy(() => libraryRoots.add(path))}
    >
      <${Icon} name="folder" />
      <span>${program || t('roots.pictures')}<small>${path}</small></span>
      <${Icon} name="plus" />
    </button>
  </li>`;
  const sample = html`<${Button}
    icon="sparkles"
    label=${t('roots.sample')}
    disabled=${isBusy}
    onClick=${() => busy(() => libraryRoots.addSample())}
  />`;
  return html`<div class="first-run" tabindex="-1">
    <${Icon} name="images" />
    <h2>${t('roots.first')}</h2>
    <p>${t('roots.first.text')}</p>
    ${found.folders.length > 0 && html`<h3>${t('roots.found')}</h3>`}
    <ul>${found.folders.map(suggestion)}</ul>
    <div class="first-run__ways">
      <${Button}
        icon="folder-plus"
        label=${t('roots.choose')}
        kind="is-primary"
        disabled=${isBusy}
        onClick=${() => libraryRoots.askToAdd()}
      />
      ${found.sample && sample}
    </div>
  </div>`;
}

/**
 * What the server suggests; null while it is asked.
 * @param {Parts['api']} api
 */
export function useSuggested(api) {
  const [found, setFound] = useState(/** @type {SuggestedRoots|null} */ (null));
  useEffect(() => {
    const none = (/** @type {unknown} */ error) => {
      if (!(error instanceof ApiError)) throw error;
      setFound({ folders: [], places: [], sample: false });
    };
    api.suggestedRoots().then(setFound, none);
  }, []);
  return found;
}

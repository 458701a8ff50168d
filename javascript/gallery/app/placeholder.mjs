import { html, useEffect, useState } from '../vendor/preact/standalone.mjs';
import { reload } from '../browser/reload.mjs';
import { FirstRun } from '../folders/first-run.mjs';
import { hintText, impossibleText } from '../lib/hints.mjs';
import { baseName } from '../lib/paths.mjs';
import { HOME } from '../lib/router.mjs';
import { Button } from '../ui/button.mjs';
import { Notice } from '../ui/notice.mjs';

/** @typedef {import('./parts.mjs').Parts} Parts */
/** @typedef {import('../library/search.mjs').Relaxed} Relaxed */
/** @typedef {import('../lib/hints.mjs').Said} Said */

/**
 * @typedef {Pick<Parts, 'api'|'display'|'libraryRoots'|'navigation'|'refresh'|'retry'>} Doing
 * @typedef {Doing & Pick<Parts, 'search'|'similar'|'sort'|'store'|'words'>} Needs
 */

/** An answer that comes within this time needs no words about waiting. */
const PATIENCE_MS = 300;

/**
 * What stands in for the pictures when there are none: waiting, empty, or a problem.
 * @param {Needs} props
 */
export function Placeholder(props) {
  const { display, store } = props;
  const { phase, problem } = store.state;
  const isWaiting = useLate(phase === 'start' || phase === 'loading');
  if (phase === 'ready') {
    if (display.count || !display.view?.isGrid) return null;
    return html`<${Nothing} ...${props} />`;
  }
  if (problem) return html`<${Failed} ...${props} problem=${problem} />`;
  return isWaiting && html`<${Waiting} ...${props} />`;
}

/** @param {Needs} props */
function Nothing(props) {
  const { display, store } = props;
  const { folder, query, roots, view } = store.state;
  if (view === 'similar') return html`<${NothingSimilar} ...${props} />`;
  if (!roots.length && folder === null && !query) return html`<${FirstRun} ...${props} />`;
  const isFound = display.view?.isSearch || store.state.media !== 'all';
  return isFound ? html`<${NothingFound} ...${props} />` : html`<${NothingThere} ...${props} />`;
}

/** @param {Needs} props */
function NothingSimilar({ similar, store, words: { t } }) {
  const { by, like, query } = store.state;
  const isAsked = like !== null || query !== '' || similar.isPicture;
  if (isAsked && similar.answer?.complete === false) {
    // More may be found: the prompts are being read, or the pictures looked at.
    const isRead = by === 'prompt';
    return html`<${Notice}
      icon=${isRead ? 'loader' : 'sparkles'}
      busy=${isRead}
      title=${t(isRead ? 'similar.wait' : 'similar.noneYet')}
      text=${t(isRead ? 'similar.notRead' : 'similar.notLooked')}
    />`;
  }
  const text = isAsked ? t('similar.none.text') : t('search.meaning.title');
  return html`<${Notice}
    icon="sparkles"
    title=${t(isAsked ? 'similar.none' : 'search.meaning')}
    text=${text}
  />`;
}

/**
 * A folder without files of ours.
 * @param {Needs} props
 */
function NothingThere({ display, refresh, words: { t } }) {
  const hidden = display.list?.hidden ?? 0;
  return html`<${Notice}
    icon="images"
    title=${t('empty.folder.title')}
    text=${hidden ? t('empty.hidden', { count: hidden, number: hidden }) : t('empty.folder.text')}
    action=${t('empty.action')}
    onAction=${() => refresh.ask()}
  />`;
}

/** @param {Needs & {problem: import('../lib/problems.mjs').Problem}} props */
function Failed({ navigation, problem, retry, words: { t } }) {
  const { action, detail, icon, kind, name } = problem;
  const does = { retry: () => retry(), home: () => navigation.go(HOME), reload };
  return html`<${Notice}
    icon=${icon}
    title=${t(`problem.${kind}.title`, { name })}
    text=${detail || t(`problem.${kind}.text`, { name })}
    action=${t(`problem.${action}`)}
    onAction=${does[action]}
  />`;
}

/** @param {Needs} props */
function Waiting({ store, words: { t } }) {
  const { like, phase, view } = store.state;
  // Later on a banner says that the server no longer answers.
  const connecting = store.state.connecting && phase === 'start';
  if (view === 'similar' && !connecting && (like === null || store.state.by === 'prompt'))
    return html`<${Notice}
      icon="loader"
      busy=${true}
      title=${t('similar.wait')}
      text=${t('similar.wait.text')}
    />`;
  const [title, text] = waitingFor(connecting, view).map((key) => key && t(key));
  return html`<${Notice} icon="loader" busy=${true} title=${title} text=${text} />`;
}

/**
 * The keys of what is said while nothing is there yet.
 * @param {boolean} connecting
 * @param {string|null} view
 */
function waitingFor(connecting, view) {
  if (!connecting) return [view === 'folders' ? 'wait.loading' : 'wait.page', ''];
  // The browser itself knows that it is offline: no server is starting then.
  if (!navigator.onLine) return ['wait.offline', 'wait.offline.text'];
  return ['wait.connecting', 'wait.connecting.text'];
}

/**
 * Nothing is found: why that may be, and the one thing that helps most.
 * @param {Needs} props
 */
function NothingFound(props) {
  const { refresh, search, sort, store, words } = props;
  const { t } = words;
  const { index, media, query, refused, scope } = store.state;
  // Why, is said below the search field.
  if (refused) return html`<${Notice} icon="search" title=${t('empty.refused.title')} />`;
  if (media !== 'all') {
    return html`<${Notice}
      icon="images"
      title=${t(`empty.media.${media}`)}
      text=${t('empty.media.text')}
      action=${t('empty.media.action')}
      onAction=${() => sort.showOnly('all')}
    />`;
  }
  if (scope !== null) {
    return html`<${Notice}
      icon="folder"
      title=${t('empty.scope.title', { name: baseName(scope) })}
      text=${t('empty.scope.text')}
      action=${t('scope.everywhere')}
      onAction=${() => search.within(null)}
    />`;
  }
  if (query) return html`<${NoMatch} ...${props} />`;
  return html`<${Notice}
    icon="images"
    title=${t('empty.library.title')}
    text=${t('empty.library.text')}
    action=${t('empty.action')}
    onAction=${index ? null : () => refresh.ask()}
  />`;
}

/**
 * No picture has all that was asked for: which term to leave out to find some.
 * @param {Needs} props
 */
function NoMatch({ display, search, store, words: { t, formats } }) {
  const { query } = store.state;
  const { elsewhere } = /** @type {Said} */ (display.list ?? {});
  const [relaxed, setRelaxed] = useState(/** @type {Relaxed[]} */ ([]));
  useEffect(() => {
    let isWanted = true;
    setRelaxed([]);
    search.explain(display.list).then((found) => isWanted && setRelaxed(found));
    return () => {
      isWanted = false;
    };
  }, [display.list]);
  const way = (/** @type {Relaxed} */ one) => {
    const label = t(one.term ? 'search.without' : 'search.instead', {
      ...one,
      number: formats.number(one.count),
    });
    return html`<li key=${one.query}>
      <${Button} label=${label} onClick=${() => search.run(one.query)} />
    </li>`;
  };
  const count = elsewhere?.count ?? 0;
  const everywhere = t('search.everywhere', { count, number: formats.number(count) });
  const lookEverywhere = () => elsewhere && search.run(elsewhere.query);
  const meant = relaxed.filter(({ term }) => !term);
  const without = relaxed.filter(({ term }) => term);
  // Why nothing can be found is said below the search field.
  const isExplained = meant.length > 0 || impossibleText({ t }, display.list) !== '';
  const other = isExplained ? '' : t('empty.search.text');
  const text = without.length ? t('empty.search.without') : other;
  return html`<${Notice}
    icon="search"
    title=${t('empty.search.title')}
    text=${`${hintText({ t }, display.list)} ${text}`.trim()}
    action=${t('search.clear')}
    onAction=${() => search.run('')}
  >
    <ul class="notice__ways">
      ${meant.map(way)}
      ${elsewhere && html`<li><${Button} label=${everywhere} onClick=${lookEverywhere} /></li>`}
      ${without.map(way)}
      <li key="meaning">
        <${Button}
          icon="sparkles"
          label=${t('search.meaning')}
          onClick=${() => search.toggleMeaning()}
        />
      </li>
    </ul>
  <//>`;
}

/**
 * True once a condition has held for a while.
 * @param {boolean} condition
 */
function useLate(condition) {
  const [late, setLate] = useState(false);
  useEffect(() => {
    if (!condition) {
      setLate(false);
      return undefined;
    }
    const timer = setTimeout(() => setLate(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [condition]);
  return late;
}

import { html, useEffect, useRef, useState } from '../vendor/preact/standalone.mjs';
import { ApiError } from '../api/transport.mjs';
import { reload } from '../browser/reload.mjs';
import { problemOf } from '../lib/problems.mjs';
import { Notice } from '../ui/notice.mjs';
import { Albums } from './albums.mjs';
import { History, loadHistory } from './history.mjs';
import { Rules } from './rules.mjs';
import { Settings } from './settings.mjs';
import { loadStats, Stats } from './stats.mjs';
import { Tags } from './tags.mjs';
import { TopicGraph } from './topic-graph.mjs';
import { TopicsPage } from './topics-page.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../lib/problems.mjs').Problem} Problem */
/**
 * @typedef {Pick<Parts, 'albumActions'|'api'|'navigation'|'plans'|'ruleActions'|'store'|'tagActions'>} Acting
 * @typedef {Pick<Parts, 'fileOperations'|'libraryRoots'|'marks'|'page'|'settingsActions'|'undo'>} Work
 * @typedef {Acting & Work} Changing
 * @typedef {Changing & Pick<Parts, 'tilePrefs'|'toasts'|'topics'|'words'>} Needs
 */
/** @typedef {{view: string, data: any, problem: Problem|null}} Answer */

/** @type {Record<string, (props: Needs & {data: any}) => unknown>} */
const PAGES = {
  albums: Albums,
  tags: Tags,
  rules: Rules,
  topics: TopicsPage,
  graph: TopicGraph,
  stats: Stats,
  settings: Settings,
  history: History,
};
const CATEGORIES = ['model', 'lora', 'sampler', 'prompt'];
const PATIENCE_MS = 300;

/**
 * A page that is no grid of pictures: it asks for what it shows when it is opened, and again when
 * something was done in it.
 * @param {Needs} props
 */
export function Page(props) {
  const { store, words } = props;
  const { view } = store.state;
  const { answer, isLate } = useAnswer(props);
  const { t } = words;
  if (!answer || answer.view !== view) {
    const waiting = html`<${Notice} icon="loader" busy=${true} title=${t('wait.page')} />`;
    return isLate && waiting;
  }
  if (answer.problem)
    return html`<${Failed} problem=${answer.problem} store=${store} words=${words} />`;
  return html`<div class="page" tabindex="-1"><${PAGES[view]} ...${props} data=${answer.data} /></div>`;
}

/** @param {Pick<Parts, 'store'|'words'> & {problem: Problem}} props */
function Failed({ problem, store, words: { t } }) {
  const { action, detail, icon, kind, name } = problem;
  const again = () => store.set({ turn: store.state.turn + 1 });
  const { lost } = store.state;
  const before = useRef(lost);
  useEffect(() => {
    // The server answers again.
    if (before.current && !lost && kind === 'unreachable') again();
    before.current = lost;
  }, [lost]);
  return html`<${Notice}
    icon=${icon}
    title=${t(`problem.${kind}.title`, { name })}
    text=${detail || t(`problem.${kind}.text`, { name })}
    action=${t(`problem.${action}`)}
    onAction=${action === 'reload' ? reload : again}
  />`;
}

/**
 * What the page shows, once the server has answered.
 * @param {Needs} parts
 */
function useAnswer(parts) {
  const { filter, query, turn, user, view } = parts.store.state;
  const [answer, setAnswer] = useState(/** @type {Answer|null} */ (null));
  const [isLate, setLate] = useState(false);
  useEffect(() => {
    let isWanted = true;
    const timer = setTimeout(() => isWanted && setLate(true), PATIENCE_MS);
    const take = (/** @type {any} */ data) => isWanted && setAnswer({ view, data, problem: null });
    const fail = (/** @type {unknown} */ error) => {
      if (!(error instanceof ApiError)) throw error;
      const problem = problemOf(error, null, parts.store.state.roots);
      if (isWanted) setAnswer({ view, data: null, problem });
    };
    load(parts)
      .then(take, fail)
      .finally(() => clearTimeout(timer));
    return () => {
      isWanted = false;
      setLate(false);
      clearTimeout(timer);
    };
  }, [view, filter, query, turn, user]);
  return { answer, isLate };
}

/**
 * What the page shows. Raises ApiError.
 * @param {Pick<Parts, 'api'|'store'|'topics'>} parts
 */
async function load({ api, store, topics }) {
  const { filter, query, user, view } = store.state;
  if (view === 'topics') return topics.ask();
  if (view === 'graph') return api.tagGraph(document.documentElement.lang);
  if (view === 'albums') return api.albums();
  if (view === 'stats') return loadStats(api, query);
  if (view === 'history') return loadHistory(api, user);
  if (view === 'rules') return api.autoTags();
  if (view === 'settings') return Promise.all([api.serverSettings(), api.version()]);
  const [nodes, ...lists] = await Promise.all([
    api.tagTree(),
    ...CATEGORIES.map((category) => api.tags({ query: filter, category, limit: 60 })),
  ]);
  const categories = CATEGORIES.map((category, i) => ({ category, tags: lists[i] }));
  return { nodes, categories: categories.filter(({ tags }) => tags.length) };
}

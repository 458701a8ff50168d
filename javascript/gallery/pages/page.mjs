import { html, useEffect, useState } from '../vendor/preact/standalone.mjs';
import { ApiError } from '../api.mjs';
import { problemOf } from '../lib/problems.mjs';
import { Notice } from '../ui/notice.mjs';
import { Albums } from './albums.mjs';
import { Stats } from './stats.mjs';
import { Tags } from './tags.mjs';
import { TopicsView } from './topics-page.mjs';
import { reload } from '../app/status-line.mjs';

/** @typedef {import('../app/gallery.mjs').Gallery} Gallery */
/** @typedef {import('../lib/problems.mjs').Problem} Problem */

/** @type {Record<string, (props: {gallery: Gallery, data: any, again: () => void}) => unknown>} */
const VIEWS = { albums: Albums, tags: Tags, topics: TopicsView, stats: Stats };
const PATIENCE_MS = 300;

/**
 * A view that is no grid of pictures: it asks for what it shows when it is opened, and again when
 * something was done in it.
 * @param {{gallery: Gallery}} props
 */
export function Page({ gallery }) {
  const { view, filter, turn } = gallery.state;
  const { t } = gallery.words;
  const [answer, setAnswer] = useState(
    /** @type {{view: string, data: any, problem: Problem|null}|null} */ (null),
  );
  const [late, setLate] = useState(false);
  useEffect(() => {
    let isWanted = true;
    const timer = setTimeout(() => isWanted && setLate(true), PATIENCE_MS);
    load(gallery, view, filter)
      .then(
        (data) => isWanted && setAnswer({ view, data, problem: null }),
        (error) => {
          if (!(error instanceof ApiError)) throw error;
          if (isWanted) setAnswer({ view, data: null, problem: problemOf(error, null, gallery.state.roots) });
        },
      )
      .finally(() => clearTimeout(timer));
    return () => {
      isWanted = false;
      setLate(false);
      clearTimeout(timer);
    };
  }, [view, filter, turn]);
  const again = () => gallery.set({ turn: gallery.state.turn + 1 });
  if (!answer || answer.view !== view)
    return (
      late &&
      html`<${Notice} icon="loader" busy=${true} title=${t('wait.page')} text="" action="" onAction=${null} />`
    );
  const { problem } = answer;
  if (problem) {
    return html`<${Notice} icon=${problem.icon} title=${t(`problem.${problem.kind}.title`, { name: problem.name })}
      text=${problem.detail || t(`problem.${problem.kind}.text`, { name: problem.name })} action=${t(`problem.${problem.action}`)}
      onAction=${problem.action === 'reload' ? reload : again} />`;
  }
  return html`<div class="page" tabindex="-1"><${VIEWS[view]} gallery=${gallery} data=${answer.data} again=${again} /></div>`;
}

/**
 * @param {Gallery} gallery
 * @param {string} view
 * @param {string} filter
 */
async function load({ api, topics }, view, filter) {
  if (view === 'topics') return topics.ask();
  if (view === 'albums') return api.albums();
  if (view === 'stats') return api.stats();
  const categories = ['custom', 'model', 'lora', 'sampler', 'prompt'];
  const lists = await Promise.all(
    categories.map((category) => api.tags({ query: filter, category, limit: 60 })),
  );
  return categories.map((category, i) => ({ category, tags: lists[i] })).filter(({ tags }) => tags.length);
}

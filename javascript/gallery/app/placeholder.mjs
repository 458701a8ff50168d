import { html, useEffect, useState } from '../vendor/preact/standalone.mjs';
import { baseName } from '../lib/paths.mjs';
import { HOME } from '../lib/router.mjs';
import { Button } from '../ui/button.mjs';
import { reload } from './status-line.mjs';
import { FolderList } from '../folders/folder-list.mjs';
import { Notice } from '../ui/notice.mjs';

/** @typedef {import('../lib/format.mjs').Formats} Formats */
/** @typedef {import('../lib/i18n.mjs').Translate} Translate */
/** @typedef {import('./gallery.mjs').Gallery} Gallery */

/** An answer that comes within this time needs no words about waiting. */
const PATIENCE_MS = 300;

/**
 * What stands in for the pictures when there are none: waiting, empty, or a problem.
 * @param {{gallery: Gallery, t: Translate, formats: Formats}} props
 */
export function State({ gallery, t, formats }) {
  const { phase, connecting, problem, list, folder, roots } = gallery.state;
  const waiting = useLate(phase === 'start' || phase === 'loading');
  if (phase === 'ready') {
    if (gallery.count || gallery.isPage) return null;
    if (gallery.isTimeline) return html`<${NothingFound} gallery=${gallery} t=${t} formats=${formats} />`;
    if (gallery.state.media !== 'all')
      return html`<${NothingFound} gallery=${gallery} t=${t} formats=${formats} />`;
    const place = folder === null && !roots.length ? 'roots' : 'folder';
    const hidden = list instanceof FolderList ? list.columns.hidden : 0;
    const text = hidden ? t('empty.hidden', { count: hidden, number: hidden }) : t(`empty.${place}.text`);
    return html`<${Notice} icon="images" title=${t(`empty.${place}.title`)} text=${text} action=${t('empty.action')}
      onAction=${() => gallery.refreshing.ask()} />`;
  }
  if (problem) {
    const does = { retry: () => gallery.retry(), home: () => gallery.navigating.go(HOME), reload };
    return html`<${Notice} icon=${problem.icon} title=${t(`problem.${problem.kind}.title`, { name: problem.name })}
      text=${problem.detail || t(`problem.${problem.kind}.text`, { name: problem.name })}
      action=${t(`problem.${problem.action}`)} onAction=${does[problem.action]} />`;
  }
  if (!waiting) return null;
  const [title, text] = connecting
    ? [t('wait.connecting'), t('wait.connecting.text')]
    : [t('wait.loading'), ''];
  return html`<${Notice} icon="loader" busy=${true} title=${title} text=${text} action="" onAction=${null} />`;
}

/**
 * Nothing is found: why that may be, and the one thing that helps most.
 * @param {{gallery: Gallery, t: Translate, formats: Formats}} props
 */
function NothingFound({ gallery, t, formats }) {
  const { query, index, media, scope, refused } = gallery.state;
  if (refused)
    return html`<${Notice} icon="search" title=${t('empty.refused.title')} text=${refused} action="" onAction=${null} />`;
  if (media !== 'all') {
    return html`<${Notice} icon="images" title=${t(`empty.media.${media}`)} text=${t('empty.media.text')} action=${t('empty.media.action')}
      onAction=${() => gallery.sorting.show('all')} />`;
  }
  if (scope !== null) {
    return html`<${Notice} icon="folder" title=${t('empty.scope.title', { name: baseName(scope) })} text=${t('empty.scope.text')} action=${t('scope.everywhere')}
      onAction=${() => gallery.library.within(null)} />`;
  }
  if (query) return html`<${NoMatch} gallery=${gallery} t=${t} formats=${formats} />`;
  const does = index ? null : () => gallery.refreshing.ask();
  return html`<${Notice} icon="images" title=${t('empty.library.title')} text=${t('empty.library.text')} action=${t('empty.action')} onAction=${does} />`;
}

/**
 * No picture has all that was asked for: which term to leave out to find some.
 * @param {{gallery: Gallery, t: Translate, formats: Formats}} props
 */
function NoMatch({ gallery, t, formats }) {
  const { query } = gallery.state;
  const [without, setWithout] = useState(/** @type {{query: string, term: string, count: number}[]} */ ([]));
  useEffect(() => {
    let isWanted = true;
    setWithout([]);
    gallery.searching.explain().then((found) => isWanted && setWithout(found));
    return () => {
      isWanted = false;
    };
  }, [query]);
  return html`<${Notice} icon="search" title=${t('empty.search.title')} text=${t(without.length ? 'empty.search.without' : 'empty.search.text')}
    action=${t('search.clear')} onAction=${() => gallery.library.search('')}>
    <ul class="notice__ways">${without.map(
      (way) => html`<li key=${way.term}>
      <${Button} label=${t('search.without', { term: way.term, count: way.count, number: formats.number(way.count) })}
        onClick=${() => gallery.library.search(way.query)} />
    </li>`,
    )}</ul>
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

import { html, useEffect, useState } from '../vendor/preact/standalone.mjs';
import { HOME } from '../lib/router.mjs';
import { FolderList } from './folder-list.mjs';
import { Notice } from '../ui/notice.mjs';

/** @typedef {import('../lib/i18n.mjs').Translate} Translate */
/** @typedef {import('./gallery.mjs').Gallery} Gallery */

/** An answer that comes within this time needs no words about waiting. */
const PATIENCE_MS = 300;

/**
 * What stands in for the pictures when there are none: waiting, empty, or a problem.
 * @param {{gallery: Gallery, t: Translate}} props
 */
export function State({ gallery, t }) {
  const { phase, connecting, problem, list, folder, roots } = gallery.state;
  const waiting = useLate(phase === 'start' || phase === 'loading');
  if (phase === 'ready') {
    if (gallery.count) return null;
    if (gallery.isTimeline) return html`<${NothingFound} gallery=${gallery} t=${t} />`;
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
  const [title, text] = connecting ? [t('wait.connecting'), t('wait.connecting.text')] : [t('wait.loading'), ''];
  return html`<${Notice} icon="loader" busy=${true} title=${title} text=${text} action="" onAction=${null} />`;
}

/** @param {{gallery: Gallery, t: Translate}} props */
function NothingFound({ gallery, t }) {
  const { query, index } = gallery.state;
  if (query) {
    return html`<${Notice} icon="search" title=${t('empty.search.title')} text=${t('empty.search.text')} action=${t('search.clear')}
      onAction=${() => gallery.library.search('')} />`;
  }
  const does = index ? null : () => gallery.refreshing.ask();
  return html`<${Notice} icon="images" title=${t('empty.library.title')} text=${t('empty.library.text')} action=${t('empty.action')} onAction=${does} />`;
}

/** The login is the host's page where there is a host, ours otherwise. */
function reload() {
  try {
    (window.top ?? window).location.reload();
  } catch {
    location.reload(); // framed by a page of another origin
  }
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

import { reload } from '../browser/reload.mjs';
import { html } from '../vendor/preact/standalone.mjs';
import { Banner } from '../ui/banner.mjs';

/** @typedef {import('./parts.mjs').Parts} Parts */

/**
 * Whether the server was there and no longer answers, or no longer knows the user.
 * @param {Parts['store']['state']} state
 * @returns {'unreachable'|'login'|null}
 */
export function lossOf({ connecting, lost, phase }) {
  // Before, and where nothing is shown for that reason, the page says so in place of the pictures.
  if (phase === 'start' || phase === 'problem') return null;
  return lost ?? (connecting ? 'unreachable' : null);
}

/** @param {Pick<Parts, 'poll'|'store'|'words'>} props */
export function LostBanner({ poll, store, words: { t } }) {
  const loss = lossOf(store.state);
  if (!loss) return null;
  const isLogin = loss === 'login';
  return html`<${Banner}
    icon=${isLogin ? 'lock' : 'unplug'}
    text=${t(`jobs.${loss}`)}
    action=${t(isLogin ? 'problem.reload' : 'problem.retry')}
    onAction=${() => (isLogin ? reload() : poll.look())}
  />`;
}

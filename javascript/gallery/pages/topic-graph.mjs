import { html, useLayoutEffect, useMemo, useRef, useState } from '../vendor/preact/standalone.mjs';
import { hrefOf } from '../browser/address.mjs';
import { familyOf, layOut, NODE } from '../lib/graph-layout.mjs';
import { HOME } from '../lib/router.mjs';
import { Button, IconButton } from '../ui/button.mjs';
import { valueOf } from '../ui/events.mjs';
import { Notice } from '../ui/notice.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../lib/graph-layout.mjs').Graph} Graph */
/** @typedef {import('../lib/graph-layout.mjs').Placed} Placed */

/** readable: labels of this size can be read on a phone too. */
const ZOOM = { least: 0.25, readable: 0.7, most: 2, step: 1.25 };
/** Wheels that turn by less than this are touch pads. */
const WHEEL = 0.002;

/**
 * Topics, their keywords and groups of these as a picture in layers, and as a table beside it. A topic
 * leads to its pictures, a keyword to a search.
 * @param {Pick<Parts, 'words'> & {data: Graph}} props
 */
export function TopicGraph({ data, words }) {
  const { t } = words;
  const layout = useMemo(() => layOut(data), [data]);
  const [zoom, setZoom] = useState(1);
  const [text, setText] = useState('');
  const [chosen, setChosen] = useState('');
  const frame = useRef(/** @type {HTMLElement|null} */ (null));
  useLayoutEffect(() => {
    const { clientWidth = layout.width } = frame.current ?? {};
    setZoom(Math.min(1, Math.max(ZOOM.readable, clientWidth / layout.width)));
  }, [layout]);
  if (!layout.nodes.length) {
    return html`<${Notice}
      icon="network"
      title=${t('graph.none')}
      text=${t('library.topics.empty.text')}
    />`;
  }
  const scale = (/** @type {number} */ to) =>
    setZoom(Math.min(ZOOM.most, Math.max(ZOOM.least, to)));
  const fit = () => {
    const { clientWidth = 0, clientHeight = 0 } = frame.current ?? {};
    scale(Math.min(clientWidth / layout.width, clientHeight / layout.height));
  };
  const onWheel = (/** @type {WheelEvent} */ event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    scale(zoom * (1 - event.deltaY * WHEEL));
  };
  const needle = text.trim().toLowerCase();
  const matches = (/** @type {Placed} */ { label }) => label.toLowerCase().includes(needle);
  const family = chosen ? familyOf(layout.links, chosen) : null;
  const isDim = (/** @type {Placed} */ node) =>
    (needle !== '' && !matches(node)) || (family !== null && !family.has(node.id));
  const rows = layout.nodes.filter((node) => !needle || matches(node));
  const picture = html`<${Picture}
    layout=${layout}
    zoom=${zoom}
    isDim=${isDim}
    family=${family}
    hrefFor=${(/** @type {Placed} */ node) => hrefFor(node, data)}
    onChoose=${(/** @type {string} */ id) => setChosen(id === chosen ? '' : id)}
    label=${t('view.graph')}
  />`;
  return html`<header class="page__head graph__head">
      <input
        class="graph__search"
        type="search"
        placeholder=${t('graph.search')}
        aria-label=${t('graph.search')}
        value=${text}
        onInput=${(/** @type {Event} */ event) => setText(valueOf(event))}
      />
      <${IconButton} icon="minus" label=${t('graph.out')} onClick=${() => scale(zoom / ZOOM.step)} />
      <${IconButton} icon="zoom-in" label=${t('graph.in')} onClick=${() => scale(zoom * ZOOM.step)} />
      <${Button} label=${t('graph.fit')} onClick=${fit} />
    </header>
    <div class="graph">
      <div ref=${frame} class="graph__frame" tabindex="0" onWheel=${onWheel}>${picture}</div>
      <${Table} rows=${rows} data=${data} words=${words} />
    </div>`;
}

/**
 * @typedef {Object} PictureProps
 * @property {import('../lib/graph-layout.mjs').Layout} layout
 * @property {number} zoom
 * @property {(node: Placed) => boolean} isDim
 * @property {Set<string>|null} family  what is linked with the chosen node
 * @property {(node: Placed) => string} hrefFor
 * @property {(id: string) => void} onChoose
 * @property {string} label
 */

/** @param {PictureProps} props */
function Picture({ layout, zoom, isDim, family, hrefFor: hrefOfNode, onChoose, label }) {
  const { width, height } = layout;
  const byId = new Map(layout.nodes.map((node) => [node.id, node]));
  const line = (/** @type {import('../lib/graph-layout.mjs').Link} */ { source, target }) => {
    const ends = [byId.get(source), byId.get(target)].sort((a, b) => (a?.x ?? 0) - (b?.x ?? 0));
    const [left, right] = /** @type {Placed[]} */ (ends);
    const isLit = family?.has(source) && family.has(target);
    const classes = `graph__link ${isLit ? 'is-lit' : ''}`;
    return html`<path key=${`${source} ${target}`} class=${classes} d=${curve(left, right)} />`;
  };
  return html`<svg
    class="graph__picture"
    width=${width * zoom}
    height=${height * zoom}
    viewBox=${`0 0 ${width} ${height}`}
    role="group"
    aria-label=${label}
  >
    ${layout.links.map(line)}
    ${layout.nodes.map(
      (node) =>
        html`<${Shape}
          key=${node.id}
          node=${node}
          isDim=${isDim(node)}
          href=${hrefOfNode(node)}
          onChoose=${onChoose}
        />`,
    )}
  </svg>`;
}

/** @param {{node: Placed, isDim: boolean, href: string, onChoose: (id: string) => void}} props */
function Shape({ node, isDim, href, onChoose }) {
  const { id, label, metadata, size, x, y } = node;
  const box = html`<rect width=${NODE.width} height=${NODE.height} rx="6" />
    <foreignObject width=${NODE.width} height=${NODE.height}>
      <div class="graph__label" title=${label}>
        <span>${label}</span><span class="graph__size">${size}</span>
      </div>
    </foreignObject>`;
  const classes = `graph__node is-${metadata.type} ${isDim ? 'is-dim' : ''}`;
  const place = `translate(${x} ${y})`;
  if (href) return html`<a class=${classes} transform=${place} href=${href}>${box}</a>`;
  const choose = () => onChoose(id);
  const onKey = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    choose();
  };
  return html`<g
    class=${classes}
    transform=${place}
    role="button"
    tabindex="0"
    aria-label=${label}
    onClick=${choose}
    onKeyDown=${onKey}
  >
    ${box}
  </g>`;
}

/** @param {Pick<Parts, 'words'> & {rows: Placed[], data: Graph}} props */
function Table({ rows, data, words: { t, formats } }) {
  const row = (/** @type {Placed} */ node) => {
    const href = hrefFor(node, data);
    return html`<tr key=${node.id}>
      <td>${href ? html`<a href=${href}>${node.label}</a>` : node.label}</td>
      <td>${t(`graph.${node.metadata.type}`)}</td>
      <td class="graph__number">${formats.number(node.size)}</td>
    </tr>`;
  };
  const sorted = [...rows].sort((a, b) => a.level - b.level || b.size - a.size);
  return html`<div class="graph__table" tabindex="0">
    <table>
      <thead>
        <tr>
          <th>${t('graph.name')}</th>
          <th>${t('graph.kind')}</th>
          <th class="graph__number">${t('graph.files')}</th>
        </tr>
      </thead>
      <tbody>${sorted.map(row)}</tbody>
    </table>
  </div>`;
}

/**
 * Where a node leads; '' for a group, which leads nowhere.
 * @param {Placed} node
 * @param {Graph} graph
 */
function hrefFor({ label, metadata }, { stats }) {
  if (metadata.type === 'cluster') {
    const topic = `${stats.topic_cluster_cache_key}:${metadata.cluster_id}`;
    return hrefOf({ ...HOME, view: 'topics', topic });
  }
  if (metadata.type !== 'tag') return '';
  return hrefOf({ ...HOME, view: 'library', query: `"${label.replaceAll('"', '')}"` });
}

/**
 * @param {Placed} from
 * @param {Placed} to
 */
function curve(from, to) {
  const [x1, x2] = [from.x + NODE.width, to.x];
  const [y1, y2] = [from.y + NODE.height / 2, to.y + NODE.height / 2];
  const middle = (x1 + x2) / 2;
  return `M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`;
}

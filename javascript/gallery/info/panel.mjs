import { html, useEffect, useMemo, useState } from '../vendor/preact/standalone.mjs';
import { ApiError } from '../api/transport.mjs';
import { searchHref } from '../browser/address.mjs';
import { saveText } from '../browser/clipboard.mjs';
import { needlesOf } from '../lib/needles.mjs';
import { InfoPanel } from '../ui/info-panel.mjs';
import { MachineTags } from '../ui/machine-tags.mjs';
import { MarksPart } from '../ui/marks.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../lib/types.mjs').Item} Item */

/** @typedef {Pick<Parts, 'api'|'commands'|'display'|'info'|'marks'|'store'>} Shown */
/** @typedef {Shown & Pick<Parts, 'subjects'|'toasts'|'viewer'|'words'>} Needs */

/** @param {string} query */
const searchOf = (query) => searchHref(query);

/**
 * The info beside the pictures.
 * @param {Needs} props
 */
export function Panel(props) {
  const { api, commands, display, info, marks, store, subjects, toasts, viewer, words } = props;
  const { state } = store;
  const { t, formats } = words;
  const needles = useMemo(() => needlesOf(state.query), [state.query]);
  const item = display.currentItem;
  const itemMarks =
    item &&
    html`<${ItemMarks} ...${{ commands, item, marks, store, subjects, words }} />
      <${ItemTags} key=${item.path} ...${{ api, item, marks, store, subjects, toasts, words }} />`;
  const edit = (/** @type {Item} */ one) => info.edit(one);
  /** @param {string} name @param {string} text */
  const saveJson = (name, text) => saveText(name, text, 'application/json');
  return html`<${InfoPanel}
    t=${t}
    formats=${formats}
    item=${item}
    info=${state.info}
    problem=${state.infoFailed ? t('info.problem') : ''}
    pixels=${viewer.pixels()}
    needles=${needles}
    pinned=${info.reference}
    searchOf=${searchOf}
    marks=${itemMarks}
    copy=${(/** @type {string} */ text) => commands.copy(text)}
    saveJson=${saveJson}
    loadExif=${api.exif}
    onEdit=${state.readOnly ? null : edit}
    onPin=${() => info.pin()}
    onClose=${() => info.toggle()}
  />`;
}

/**
 * @param {Pick<Parts, 'commands'|'marks'|'store'|'subjects'|'words'> & {item: Item}} props
 */
function ItemMarks({ commands, item, marks, store, subjects, words }) {
  const subject = subjects.of([item]);
  useEffect(() => {
    marks.want([item]);
  }, [item.path]);
  /** @param {import('../lib/types.mjs').Marks['tags'][0]} tag */
  const untag = (tag) => marks.tag(subject, tag, 'remove');
  return html`<${MarksPart}
    t=${words.t}
    ...${marks.of(item)}
    marks=${marks.find(item.path)}
    readOnly=${store.state.readOnly}
    searchOf=${searchOf}
    onRate=${(/** @type {number} */ rating) => marks.rate(subject, rating)}
    onLike=${() => marks.like(subject)}
    onUntag=${untag}
    onTag=${() => commands.run('tag', subject)}
    onAlbum=${() => commands.run('album', subject)}
  />`;
}

/**
 * What a tagger says of the picture.
 * @param {Pick<Parts, 'api'|'marks'|'store'|'subjects'|'toasts'|'words'> & {item: Item}} props
 */
function ItemTags({ api, item, marks, store, subjects, toasts, words }) {
  const [tags, setTags] = useState(/** @type {import('../api/vision.mjs').MachineTag[]} */ ([]));
  useEffect(() => {
    if (!item.id) return;
    api.judgement(item.path).then(
      (found) => setTags(found.tags),
      (error) => {
        if (!(error instanceof ApiError)) throw error; // the panel shows the rest without them
      },
    );
  }, [item.path]);
  const adopt = async (/** @type {{name: string}} */ { name }) => {
    try {
      /** @type {import('../actions/marks.mjs').Made[]} */
      const made = [];
      const tag = await marks.make('tag', name.replaceAll('_', ' '), made);
      await marks.tag(subjects.of([item]), { color: '', ...tag }, 'add', made);
    } catch (error) {
      toasts.fail(error);
    }
  };
  return html`<${MachineTags}
    t=${words.t}
    tags=${tags}
    readOnly=${store.state.readOnly}
    searchOf=${searchOf}
    onAdopt=${adopt}
  />`;
}

import { ApiError } from '../api/transport.mjs';
import { countMarks } from '../lib/mark-plan.mjs';
import { LIKE } from '../lib/marks.mjs';

/** @typedef {import('../api/operations.mjs').About} About */
/** @typedef {import('../lib/mark-plan.mjs').Change} Change */
/** @typedef {import('../lib/types.mjs').Item} Item */
/** @typedef {import('../lib/types.mjs').Marks} Marks */
/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('./subject.mjs').Subject} Subject */

const KEPT = 5000;
/**
 * What is known of a file is asked for again after this time when it is seen: another window may
 * have changed it.
 */
const STALE_MS = 60_000;
const MOST = 500;
/** Files of one request that reads marks, and of one that changes them: the server takes no more. */
const MOST_READ = 10_000;
const MOST_CHANGED = 100_000;

/**
 * What is known of a file. ``changed``: when the user changed it last, in ticks of ``clock``, a logical
 * clock;
 * ``sending``: how many changes the server has not answered.
 * @typedef {{marks: Marks, time: number, changed: number, sending: number}} Known
 */

/**
 * A change that is shown and not yet saved: when it was made, and what was known of each file before.
 * @typedef {{time: number, before: Map<string, Marks|null>}} Shown
 */

/**
 * A tag or an album that was made for a change.
 * @typedef {{kind: 'tag'|'album', id: number}} Made
 */

/** Stars, tags and albums of files: what is known of them, and changing it. */
export class FileMarks {
  /** @param {Pick<Parts, 'api'|'display'|'store'|'toasts'|'undo'|'words'>} parts */
  constructor({ api, display, store, toasts, undo, words }) {
    this.api = api;
    this.display = display;
    this.store = store;
    this.toasts = toasts;
    this.undo = undo;
    this.words = words;
    /** @type {Map<string, Known>} */
    this.known = new Map();
    /** A logical clock: it ticks with every change and every answer to one. */
    this.clock = 0;
    /** @type {number|null} */
    this.likeTag = null;
    this.asking = new AbortController();
  }

  /** What is known is asked for again: a tag or an album has changed. */
  forget() {
    this.known.clear();
    this.likeTag = null;
  }

  /** @param {string} path */
  find(path) {
    return this.known.get(path)?.marks ?? null;
  }

  /**
   * What a tile shows.
   * @param {Item} item
   */
  of(item) {
    const marks = this.find(item.path);
    return {
      rating: marks?.rating ?? item.rating,
      liked: marks?.tags.some((tag) => tag.name === LIKE) ?? false,
    };
  }

  /**
   * Asks for what is not known of these files, and shows it.
   * @param {Item[]} items
   */
  async want(items) {
    const now = performance.now();
    const missing = items.filter(
      (item) =>
        item.is === 'known' &&
        item.kind !== 'dir' &&
        !(now - (this.known.get(item.path)?.time ?? -Infinity) < STALE_MS),
    );
    if (!missing.length) return;
    this.asking.abort();
    this.asking = new AbortController();
    const { signal } = this.asking;
    try {
      await this.load(
        missing.slice(0, MOST).map((item) => item.path),
        signal,
      );
    } catch (error) {
      if (!signal.aborted && !(error instanceof ApiError)) throw error;
    }
  }

  /**
   * @param {string[]} paths
   * @param {AbortSignal} [signal]
   */
  async load(paths, signal) {
    const asked = this.clock;
    const answer = await this.api.marks(paths, signal);
    for (const [path, marks] of Object.entries(answer)) this.put(path, marks, asked);
    this.show(paths);
  }

  /** @param {string[]} paths  of files that the server refused to change: what it has is shown */
  async reload(paths) {
    try {
      await this.load(paths.slice(0, MOST));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
    }
  }

  /**
   * @param {string} path
   * @param {Marks} marks
   * @param {number} asked  when the server was asked; what the user changed since then is newer than its
   *   answer
   */
  put(path, marks, asked) {
    const known = this.known.get(path);
    if (known && (known.sending > 0 || known.changed > asked)) return;
    this.known.delete(path);
    this.known.set(path, { marks, time: performance.now(), changed: 0, sending: 0 });
    if (this.known.size > KEPT)
      this.known.delete(/** @type {string} */ (this.known.keys().next().value));
  }

  /** @param {Iterable<string>} paths */
  show(paths) {
    this.display.grid?.refreshMarks(new Set(paths));
    this.store.set({});
  }

  /**
   * @param {Subject} subject
   * @param {number} rating  0 takes the stars away
   */
  async rate(subject, rating) {
    const { t, formats } = this.words;
    const { count, folders, readOnly } = subject.extent;
    if (readOnly || folders || !count) return;
    if (subject.isFolded) {
      await this.rateWhole(subject, rating);
      return;
    }
    const shown = this.change(subject, (marks) => ({ ...marks, rating }));
    const text =
      count === 1
        ? t(rating ? 'action.ratedOne' : 'action.unratedOne', { count: rating })
        : t(rating ? 'action.rated' : 'action.unrated', { count, number: formats.number(count) });
    await this.send(
      subject,
      shown,
      () => subject.about().then((about) => this.api.rate(about, rating)),
      text,
    );
  }

  /**
   * Rates each file of stacks.
   * @param {Subject} subject
   * @param {number} rating
   */
  async rateWhole(subject, rating) {
    try {
      await this.rate(await subject.whole(), rating);
    } catch (error) {
      this.toasts.fail(error);
    }
  }

  /**
   * Likes the files; where all are liked already, no longer.
   * @param {Subject} subject
   */
  async like(subject) {
    try {
      this.likeTag ??= (await this.api.addTag(LIKE)).id;
    } catch (error) {
      this.toasts.fail(error);
      return;
    }
    const all = !subject.all && subject.items.every((item) => this.of(item).liked);
    await this.tag(subject, { id: this.likeTag, name: LIKE, color: '' }, all ? 'remove' : 'add');
  }

  /**
   * @param {Subject} subject
   * @param {{id: number, name: string, color: string}} tag
   * @param {'add'|'remove'} action
   * @param {Made[]} [made]  what was made for it
   */
  async tag(subject, tag, action, made = []) {
    const shown = this.change(subject, (marks) => {
      const others = marks.tags.filter((other) => other.id !== tag.id);
      return { ...marks, tags: action === 'add' ? [...others, tag] : others };
    });
    const { t } = this.words;
    const [put, taken] =
      tag.name === LIKE ? ['action.liked', 'action.unliked'] : ['action.tagged', 'action.untagged'];
    const text = t(action === 'add' ? put : taken, { name: tag.name });
    await this.send(
      subject,
      shown,
      () => subject.about().then((about) => this.api.tag(about, tag.id, action)),
      text,
      made,
    );
  }

  /**
   * @param {Subject} subject
   * @param {{id: number, name: string}} album
   * @param {'add'|'remove'} action
   * @param {Made[]} [made]  what was made for it
   */
  async album(subject, album, action, made = []) {
    const shown = this.change(subject, (marks) => {
      const others = marks.albums.filter((other) => other.id !== album.id);
      return { ...marks, albums: action === 'add' ? [...others, album] : others };
    });
    const text = this.words.t(action === 'add' ? 'action.inAlbum' : 'action.outOfAlbum', {
      name: album.name,
    });
    await this.send(
      subject,
      shown,
      () => subject.about().then((about) => this.api.album(about, album.id, action)),
      text,
      made,
    );
  }

  /**
   * Shows a change before the server has answered.
   * @param {Subject} subject
   * @param {(marks: Marks) => Marks} how
   * @returns {Shown}
   */
  change(subject, how) {
    this.clock += 1;
    /** @type {Shown} */
    const shown = { time: this.clock, before: new Map() };
    for (const item of subject.items) {
      const known = this.known.get(item.path);
      shown.before.set(item.path, known?.marks ?? null);
      const marks = how(known?.marks ?? { tags: [], rating: item.rating, albums: [] });
      this.known.set(item.path, {
        marks,
        time: known?.time ?? -Infinity,
        changed: this.clock,
        sending: (known?.sending ?? 0) + 1,
      });
    }
    this.show(subject.items.map((item) => item.path));
    return shown;
  }

  /**
   * @param {Subject} subject
   * @param {Shown} shown
   * @param {() => Promise<import('../api/marks.mjs').Updated>} ask
   * @param {string} text  tells what was done
   * @param {Made[]} [made]  what was made for it
   */
  async send(subject, shown, ask, text, made = []) {
    try {
      const { change_id: change, errors } = await ask();
      const back = () => this.undoChanges(subject, [change], made);
      // Of files that are all as they were there is nothing to say but why.
      if (errors.length < subject.extent.count) this.undo.offer(text, `marks ${change}`, back);
      if (errors.length) this.store.set({ dialog: { kind: 'problems', errors } });
      this.settle(subject);
      if (subject.all) this.known.clear();
      if (errors.length) this.reload(errors.map(({ path }) => path));
    } catch (error) {
      this.takeBack(shown);
      this.toasts.fail(error);
    }
  }

  /**
   * Undoes what the server has changed, and nothing else: a file that had the tag before keeps it.
   * @param {Subject} subject
   * @param {string[]} changes  the last one last
   * @param {Made[]} made  what was made for them; it goes where no file has it
   */
  async undoChanges(subject, changes, made) {
    try {
      for (const change of [...changes].reverse()) await this.api.undoMarks(change);
      for (const { kind, id } of made) await this.removeUnused(kind, id);
    } catch (error) {
      this.toasts.fail(error);
    }
    await this.askAgain(subject);
  }

  /**
   * Raises ApiError.
   * @param {'tag'|'album'} kind
   * @param {number} id
   */
  async removeUnused(kind, id) {
    const mark = (await this.list(kind)).find((mark) => mark.id === id);
    if (mark?.count !== 0) return;
    await (kind === 'tag' ? this.api.removeTag(id, false) : this.api.removeAlbum(id, false));
  }

  /**
   * Asks for the marks of these files anew, and shows them.
   * @param {Subject} subject
   */
  async askAgain(subject) {
    if (subject.all) this.known.clear();
    for (const { path } of subject.items) this.known.delete(path);
    await this.want([...(this.display.grid?.near() ?? []), ...subject.items]);
  }

  /**
   * How many files have each mark. Raises ApiError.
   * @param {string[]} paths
   */
  async count(paths) {
    const all = [];
    for (const part of partsOf(paths, MOST_READ))
      all.push(...Object.values(await this.api.marks(part)));
    return countMarks(all, paths.length);
  }

  /**
   * Changes several marks of files, with one undo for all of it.
   * @param {Subject} subject
   * @param {string[]} paths  of its files
   * @param {Change[]} changes
   */
  async apply(subject, paths, changes) {
    const { t, formats } = this.words;
    /** @type {string[]} */
    const done = [];
    /** @type {Made[]} */
    const made = [];
    /** @type {Map<string, import('../api/operations.mjs').Failure>} */
    const failures = new Map();
    const undo = () => this.undoChanges(subject, done, made);
    const text = t('action.marked', { count: paths.length, number: formats.number(paths.length) });
    try {
      for (const change of changes) {
        const ask = await this.prepare(change, made);
        for (const part of partsOf(paths, MOST_CHANGED)) {
          const { change_id: id, errors } = await ask({ file_paths: part });
          done.push(id);
          for (const error of errors) failures.set(error.path, error);
        }
      }
      this.undo.offer(text, `marks ${done[0]}`, undo);
    } catch (error) {
      // What was done until then can be undone by the key.
      if (done.length) this.undo.push(`marks ${done[0]}`, undo, text);
      this.toasts.fail(error);
    }
    if (failures.size)
      this.store.set({ dialog: { kind: 'problems', errors: [...failures.values()] } });
    await this.askAgain(subject);
  }

  /**
   * What makes one change; a tag or an album that is new is made before, once. Raises ApiError.
   * @param {Change} change
   * @param {Made[]} made  takes what is made
   * @returns {Promise<(about: About) => Promise<import('../api/marks.mjs').Updated>>}
   */
  async prepare(change, made) {
    if (change.kind === 'rating') return (about) => this.api.rate(about, change.rating);
    const { action, kind, mark } = change;
    const id = mark.id ?? (await this.make(kind, mark.name, made)).id;
    return kind === 'tag'
      ? (about) => this.api.tag(about, id, action)
      : (about) => this.api.album(about, id, action);
  }

  /**
   * The tag or the album of a name, made where there is none. Raises ApiError.
   * @param {'tag'|'album'} kind
   * @param {string} name
   * @param {Made[]} made  takes it where it is new
   */
  async make(kind, name, made) {
    const isIt = (/** @type {{name: string}} */ mark) =>
      mark.name.toLowerCase() === name.toLowerCase();
    const there = (await this.list(kind)).find(isIt);
    if (there) return there;
    const mark = await (kind === 'tag' ? this.api.addTag(name) : this.api.addAlbum(name));
    made.push({ kind, id: mark.id });
    return mark;
  }

  /**
   * All tags of the user, or all albums. Raises ApiError.
   * @param {'tag'|'album'} kind
   * @returns {Promise<{id: number, name: string, color?: string, count: number}[]>}
   */
  async list(kind) {
    return kind === 'tag' ? this.api.customTags() : this.api.albums();
  }

  /**
   * The server does not have what was changed, so that it is no longer shown.
   * @param {Shown} shown
   */
  takeBack({ before, time }) {
    for (const [path, marks] of before) {
      const known = this.known.get(path);
      if (!known) continue;
      const sending = Math.max(0, known.sending - 1);
      // What was changed since then was changed on top of this: the server is asked what holds.
      if (known.changed !== time) this.known.set(path, { ...known, time: -Infinity, sending });
      else if (marks) this.known.set(path, { ...known, marks, sending });
      else this.known.delete(path);
    }
    this.show(before.keys());
  }

  /**
   * The server has what was changed: what it answers from now on holds again.
   * @param {Subject} subject
   */
  settle(subject) {
    this.clock += 1;
    for (const item of subject.items) {
      const known = this.known.get(item.path);
      if (known)
        this.known.set(item.path, {
          ...known,
          changed: this.clock,
          sending: Math.max(0, known.sending - 1),
        });
    }
  }
}

/**
 * @param {string[]} paths
 * @param {number} most  in a part
 * @returns {string[][]}
 */
function partsOf(paths, most) {
  return Array.from({ length: Math.ceil(paths.length / most) }, (_, i) =>
    paths.slice(i * most, (i + 1) * most),
  );
}

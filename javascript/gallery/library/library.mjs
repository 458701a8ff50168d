import { ApiError } from '../api/transport.mjs';
import { hrefOf } from '../browser/address.mjs';
import { openStack } from '../lib/query.mjs';
import { HOME } from '../lib/router.mjs';
import { size } from '../lib/selection.mjs';
import { countNew, nearestDay } from '../lib/timeline.mjs';

/** @typedef {import('../app/parts.mjs').Parts} Parts */
/** @typedef {import('../app/view.mjs').View} View */
/** @typedef {import('../app/view.mjs').Words} Words */
/** @typedef {import('../browser/address.mjs').Place} Place */
/** @typedef {import('../lib/types.mjs').Route} Route */
/** @typedef {import('./timeline.mjs').Timeline} Timeline */

/** A search that has not looked everywhere is asked for the rest after this time. */
const GROW_MS = 150;

/**
 * All pictures, those of a folder and below, or those that a search finds.
 * @implements {View}
 */
export class Library {
  /**
   * @param {Pick<Parts, 'display'|'navigation'|'store'|'timelines'|'viewPrefs'>} parts
   * @param {() => Promise<void>} look  asks whether the index has changed
   */
  constructor({ display, navigation, store, timelines, viewPrefs }, look) {
    this.display = display;
    this.navigation = navigation;
    this.store = store;
    this.timelines = timelines;
    this.viewPrefs = viewPrefs;
    this.look = look;
    this.isGrid = true;
    this.isSearch = true;
    this.hasFiles = true;
    /** It is the view that is shown. */
    this.isShown = false;
    /** How long the last answer took; 0 before any. */
    this.tookMs = 0;
    this.timer = 0;
    /** A newer timeline that waits until the user wants to see it. @type {Timeline|null} */
    this.newest = null;
    /** What is shown is older than what is known; it waits until the viewer is closed. */
    this.isBehind = false;
  }

  /** What is shown; null while it is loaded. */
  get list() {
    return this.isShown ? this.store.state.list : null;
  }

  /** The timeline that is shown, where it is the one of the address. */
  get timeline() {
    const { list } = this.store.state;
    const known = this.timelines.find(this.viewPrefs.questionOf(this.display.route));
    return list && list === known ? known : null;
  }

  /** True where the page can open on the library: the server has the route, and the index knows pictures. */
  async hasPictures() {
    try {
      const question = this.viewPrefs.questionOf({ ...HOME, view: 'library' });
      const timeline = this.timelines.find(question) ?? (await this.timelines.load(question));
      return timeline.count > 0;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 404) this.store.set({ hasLibrary: false });
      return false;
    }
  }

  /**
   * @param {Route} route
   * @param {Place} place
   */
  async visit(route, place) {
    const question = this.viewPrefs.questionOf(route);
    const kept = this.timelines.find(question);
    const stays = this.isShown && this.store.state.phase === 'ready';
    this.isShown = true;
    clearTimeout(this.timer);
    this.newest = null;
    this.display.reset(route);
    // While a search is typed the pictures of the last one stay: an empty page between them would flash.
    if (!kept && !stays) this.display.clear();
    // Those of the last search would be waited for: a browser has six connections.
    if (!kept) this.display.grid?.yield();
    try {
      const timeline = kept ?? (await this.load(question));
      const where = await timeline.locate(place);
      if (this.display.route !== route) return;
      this.display.arrange(timeline, where);
      if (kept) this.refreshIfStale();
      this.keepSearching(timeline);
    } catch (error) {
      if (this.display.route === route) this.fail(error);
    }
  }

  leave() {
    this.isShown = false;
    clearTimeout(this.timer);
  }

  /** @param {import('../api/search.mjs').Question} question */
  async load(question) {
    const asked = performance.now();
    const timeline = await this.timelines.load(question);
    this.tookMs = performance.now() - asked;
    return timeline;
  }

  /** @param {unknown} error */
  fail(error) {
    const { folder, scope } = this.store.state;
    if (error instanceof ApiError && error.status === 400) {
      this.store.set({ phase: 'ready', problem: null, refused: error.message });
      this.display.grid?.draw(true);
    } else this.display.fail(error, scope ?? folder);
  }

  /**
   * A search for words in a large library shows what it has found so far, and is asked again until
   * it has looked everywhere.
   * @param {Timeline} timeline
   */
  keepSearching(timeline) {
    clearTimeout(this.timer);
    if (timeline.isComplete) return;
    this.timer = setTimeout(() => this.searchOn(timeline), GROW_MS);
  }

  /** @param {Timeline} timeline */
  async searchOn(timeline) {
    try {
      const next = await this.timelines.grow(timeline);
      if (this.store.state.list !== timeline) return;
      await this.adopt(next);
      this.keepSearching(next);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
    }
  }

  /**
   * Shows a newer timeline of the same question; what is seen stays where it is.
   * @param {Timeline} next
   * @param {Place} [place]
   */
  async adopt(next, place = this.display.place()) {
    const { route } = this.display;
    const where = await next.locate(place);
    if (this.display.route !== route) return;
    this.timelines.keep(next);
    this.store.set({ fresh: 0 });
    this.display.arrange(next, where);
  }

  /** Looks again, at once; what is new comes above, and what is seen stays where it is. */
  async refresh() {
    const { route } = this.display;
    this.store.set({ refreshing: true });
    try {
      const next = await this.timelines.ask(this.viewPrefs.questionOf(route));
      if (this.display.route !== route) return;
      // The viewer counts in places of the list it was opened on.
      if (this.store.state.viewing) this.isBehind = true;
      else await this.adopt(next);
      this.keepSearching(next);
    } catch (error) {
      if (this.display.route === route) this.fail(error);
    } finally {
      this.store.set({ refreshing: false });
    }
  }

  async refreshIfStale() {
    if (this.store.state.phase === 'ready') await this.look();
  }

  /** The index has changed. */
  async lookIfShown() {
    if (this.isShown) await this.refreshIfStale();
  }

  /** The viewer is closed: what waited for that is shown now. */
  async catchUp() {
    if (!this.isBehind) return;
    this.isBehind = false;
    await this.refresh();
  }

  /** @param {import('../app/view.mjs').Change} change */
  async changed({ gone, current }) {
    if (this.store.state.phase !== 'ready') return false;
    const { route } = this.display;
    const next = await this.timelines.ask(this.viewPrefs.questionOf(route));
    const place = this.display.placeIn((path) => !gone.has(path));
    if (current !== null) place.current = current;
    if (this.display.route === route) await this.adopt(next, place);
    this.keepSearching(next);
    return true;
  }

  /**
   * Shows a newer timeline where nothing in view would move; else says how many files are new.
   * @param {Timeline} before
   * @param {Timeline} next
   */
  async offer(before, next) {
    const added =
      before.days && next.days
        ? countNew(before.days, next.days)
        : Math.max(0, next.count - before.count);
    const { selection, viewing } = this.store.state;
    const isFree = !viewing && size(selection) === 0;
    if (isFree && (added === 0 || !this.display.grid?.anchor())) {
      this.newest = null;
      await this.adopt(next);
      return;
    }
    this.newest = next;
    this.store.set({ fresh: added });
  }

  /** The user wants to see what is new. */
  async showNewest() {
    const next = this.newest;
    this.newest = null;
    if (next && this.timeline) await this.adopt(next, {});
    this.display.grid?.host.focus({ preventScroll: true });
  }

  /** Asks for a date to go to, where there are any. */
  askForDate() {
    const days = this.display.list?.days;
    if (!days?.length) return;
    const [first, last] = [days[0].start, days[days.length - 1].start];
    this.store.set({ dialog: { kind: 'date', first, last } });
  }

  /** @param {number} date  seconds; the nearest day that has pictures is shown */
  goToDate(date) {
    const { grid, list } = this.display;
    const number = list?.days ? nearestDay(list.days, date) : -1;
    if (!list || !grid || number < 0) return;
    grid.goTo(list.starts[number]);
    grid.host.focus({ preventScroll: true });
  }

  /**
   * @param {Words} words
   * @returns {import('../app/view.mjs').Way}
   */
  way(words) {
    const { query, scope, walk } = this.store.state;
    const stack = openStack(query);
    if (stack) {
      const out = hrefOf(this.navigation.outOfStack(this.display.route));
      const name = words.t(`stack.one.${stack}`);
      return {
        home: { name: words.t('stack.label'), href: out },
        crumbs: [{ name, path: '', href: '' }],
      };
    }
    if (walk) return this.navigation.folderWay(words);
    const name = words.t(query || scope ? 'view.found' : 'view.library');
    return { home: null, crumbs: [{ name, path: '', href: '' }] };
  }

  /** @param {Words} words */
  summary(words) {
    return ['', this.store.state.query ? '' : this.countText(words)];
  }

  /**
   * How many files there are; '' while the pictures are still those of another search.
   * @param {Words} words
   */
  countText({ t, formats }) {
    const { timeline } = this;
    if (!timeline) return '';
    const { count, files, isComplete, question } = timeline;
    const counted = (/** @type {number} */ value) => ({
      count: value,
      number: `${formats.number(value)}${isComplete ? '' : '+'}`,
    });
    const text = t('summary.files', counted(files));
    return question.stack ? t('stack.tiles', { ...counted(count), files: text }) : text;
  }
}

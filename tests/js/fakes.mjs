/** The page without a browser: its parts, over a server, a history and a grid that only remember. */

import { Gallery } from '../../javascript/gallery/app/gallery.mjs';
import { Listings } from '../../javascript/gallery/folders/listings.mjs';
import { Timelines } from '../../javascript/gallery/library/timelines.mjs';
import { ViewPrefs } from '../../javascript/gallery/library/view-prefs.mjs';

/** @typedef {import('../../javascript/gallery/app/parts.mjs').Parts} Parts */

const ROOT = { path: '/out', name: 'out', online: true };
const TOPIC = { id: 't', title: 'foxes', size: 0, keywords: [], paths: [] };
const DAY = '2025-03-15';

/** The browser's history: entries of an address and a state. */
class FakeHistory {
  /** @param {string} hash */
  constructor(hash) {
    this.entries = [{ hash, state: /** @type {any} */ ({}) }];
  }

  get last() {
    return this.entries[this.entries.length - 1];
  }

  get state() {
    return this.last.state;
  }

  /** @param {any} state @param {string} _title @param {string} [href] */
  pushState(state, _title, href = '') {
    this.entries.push({ hash: hashOf(href), state });
  }

  /** @param {any} state @param {string} _title @param {string} [href] */
  replaceState(state, _title, href) {
    this.entries[this.entries.length - 1] = { hash: href ? hashOf(href) : this.last.hash, state };
  }

  back() {
    if (this.entries.length > 1) this.entries.pop();
  }
}

/** @param {string} href */
function hashOf(href) {
  return href.slice(href.indexOf('#'));
}

/** The grid, as far as others see it. */
class FakeGrid {
  /** @param {Parts} parts */
  constructor(parts) {
    this.parts = parts;
    /** @type {import('../../javascript/gallery/grid/grid.mjs').Source|null} */
    this.source = null;
    /** Where it stands; null: at the top. @type {{index: number, offset: number}|null} */
    this.at = null;
    /** @type {((path: string) => boolean)[]} */
    this.givenUp = [];
    this.host = { focus() {} };
    this.cards = { refresh() {} };
  }

  /** @param {import('../../javascript/gallery/grid/grid.mjs').Source} source */
  show(source) {
    this.source = source;
  }

  empty() {
    this.source = null;
  }

  anchor() {
    return this.at;
  }

  /** @param {number} index */
  setCurrent(index) {
    this.parts.display.setCurrent(index);
  }

  /** @param {(path: string) => boolean} isAmong */
  giveUp(isAmong) {
    this.givenUp.push(isAmong);
  }

  near() {
    return [];
  }

  draw() {}
  yield() {}
  refreshMarks() {}
  refreshSelection() {}
  setShape() {}
  setTile() {}
}

/**
 * A file of a folder, as the fake server lists it.
 * @param {string} name
 */
function listed(name) {
  return { name, date: 1_700_000_000, bytes: 10 };
}

/** A server with one folder and an index of its files; each request is remembered. */
export class FakeServer {
  /** @param {string[]} names  of files in /out */
  constructor(names) {
    this.names = names;
    this.change = 1;
    this.readOnly = false;
    /** @type {{route: string, values: any[]}[]} */
    this.asked = [];
    /** What the next request of a route answers with instead, or fails with. @type {Map<string, any>} */
    this.answers = new Map();
  }

  /** @param {string} route */
  requests(route) {
    return this.asked.filter((one) => one.route === route).map(({ values }) => values);
  }

  /** As the page's API. */
  get api() {
    return /** @type {any} */ (
      new Proxy(this, {
        get: (server, route) =>
          route === 'then' ? undefined : server.ask.bind(server, String(route)),
      })
    );
  }

  /**
   * @param {string} route
   * @param {any[]} values
   */
  ask(route, ...values) {
    if (['thumbnail', 'preview', 'file'].includes(route)) return `/${route}?${values[0]}`;
    this.asked.push({ route, values });
    const answer = this.answers.get(route);
    this.answers.delete(route);
    if (answer instanceof Error) return Promise.reject(answer);
    return Promise.resolve(answer ?? this.answerTo(route, values));
  }

  /**
   * @param {string} route
   * @param {any[]} values
   */
  answerTo(route, [first, second]) {
    /** @type {Record<string, () => any>} */
    const answers = {
      settings: () => ({
        roots: [ROOT],
        is_readonly: this.readOnly,
        delete_mode: 'trash',
        app_fe_setting: {},
      }),
      listing: () => this.listing(first),
      timeline: () => this.timeline(),
      columns: () => columnsOf(this.names),
      changes: () => ({ change: this.change }),
      indexStatus: () => ({ running: false }),
      roots: () => [ROOT],
      countMissing: () => 0,
      trash: () => ({ files: [], count: 0, bytes: 0 }),
      marks: () => ({}),
      importable: () => [],
      undo: () => (second ? { job_id: 'undoing' } : { restored: [] }),
      job: () => ({ status: 'completed', result: { restored: [] } }),
      upload: () => ({
        uploaded: first.map((/** @type {File} */ { name }) => ({ name, path: `/out/${name}` })),
        skipped: [],
        errors: [],
        operation_id: `upload-${this.requests('upload').length}`,
      }),
      findByMeaning: () => nothingFound(),
      findSimilar: () => nothingFound(),
      topics: () => ({ result: { clusters: [TOPIC] }, stale: false }),
    };
    return answers[route]?.() ?? {};
  }

  /** @param {string} folder */
  listing(folder) {
    const files = this.names.map(listed);
    return {
      prefix: `${folder}/`,
      name: files.map(({ name }) => name),
      date: files.map(({ date }) => date),
      bytes: files.map(({ bytes }) => bytes),
      folders: [],
      width: null,
      height: null,
    };
  }

  timeline() {
    return {
      snapshot: `s${this.change}`,
      change: this.change,
      total: this.names.length,
      buckets: this.names.length ? [{ day: DAY, count: this.names.length }] : [],
      first: columnsOf(this.names),
      complete: true,
    };
  }
}

/** @param {string[]} names */
function columnsOf(names) {
  const of = (/** @type {any} */ value) => names.map(() => value);
  return {
    id: names.map((_, i) => i + 1),
    path: names.map((name) => `/out/${name}`),
    mtime: of(1_700_000_000),
    bytes: of(10),
    type: of('image'),
    width: of(0),
    height: of(0),
    duration: of(0),
  };
}

/**
 * A page at an address, as after it was opened. Texts are their keys.
 * @param {string} hash
 * @param {FakeServer} [server]
 */
export async function open(hash, server = new FakeServer(['a.png', 'b.png', 'c.png'])) {
  const history = new FakeHistory(hash);
  const location = {
    pathname: '/',
    search: '',
    get hash() {
      return history.last.hash;
    },
  };
  const document = { documentElement: { lang: 'en' }, hidden: false, querySelector: () => null };
  const window = { addEventListener() {}, innerHeight: 0, location };
  Object.assign(window, { parent: window });
  Object.assign(globalThis, { history, location, document, window });
  const { api } = server;
  const early = {
    api,
    viewPrefs: new ViewPrefs(),
    listings: new Listings(api, false),
    timelines: new Timelines(api),
    pictures: { asked: [], drop: () => {} },
    settings: api.settings(),
  };
  const gallery = new Gallery(/** @type {any} */ (early), { narrow: false });
  const { parts } = gallery;
  const grid = new FakeGrid(parts);
  parts.display.grid = /** @type {any} */ (grid);
  await gallery.retry();
  return { parts, grid, server, history, shown: () => shownIn(parts) };
}

/**
 * Names of the files that are shown.
 * @param {Parts} parts
 */
function shownIn({ display }) {
  return Array.from({ length: display.count }, (_, i) => display.item(i).name);
}

/** Lets what was begun come to its end. @param {number} [ms] */
export function settled(ms = 5) {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

/** What the server answers where nothing is similar. */
function nothingFound() {
  return { results: [], files: [], count: 0, model: 'local', complete: true, job_id: '' };
}

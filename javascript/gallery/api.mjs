import { parseExact } from './lib/json.mjs';

/** @typedef {import('./lib/types.mjs').FileInfo} FileInfo */
/** @typedef {import('./lib/types.mjs').GenerationInfo} GenerationInfo */
/** @typedef {import('./lib/types.mjs').Settings} Settings */

/**
 * A search as the server takes it.
 * @typedef {{query: string, folder_paths: string[], media_type: string, sort: string, order: string, seed: number, time_zone: string}} Question
 */

/**
 * Waits between attempts. The host listens before our routes are there, so the first answers may be
 * its own 404.
 */
const WAITS_MS = [150, 300, 600, 1000, 1500, 2000, 2000, 2000, 3000, 3000, 3000];
/** The same where a host has had too many requests, which some count by the minute. */
const LIMIT_WAITS_MS = [1000, 2000, 4000, 8000, 15_000, 30_000];
const TOO_MANY = 429;

/** Our name for a 404 that is not ours. */
const NO_ROUTE = 'NoRoute';

/**
 * A request that did not do what was asked. ``status`` is 0 where no server answered; ``code`` is
 * the server's name of the failure.
 */
export class ApiError extends Error {
  /**
   * @param {string} message  the server's sentence, for a person
   * @param {number} status
   * @param {string} code
   */
  constructor(message, status, code) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
  }
}

/**
 * The only module that talks to the server.
 * @typedef {ReturnType<typeof createApi>} Api
 */

/**
 * @param {{base: string, onConnecting?: (connecting: boolean) => void}} options  base: absolute URL of the API, ending in a slash
 */
export function createApi({ base, onConnecting = () => {} }) {
  /**
   * @param {string} route
   * @param {Record<string, string>} [params]
   */
  const url = (route, params) => `${base}${route}${params ? `?${new URLSearchParams(params)}` : ''}`;

  /** @type {Map<string, Record<string, string>>} */
  const covers = new Map();

  /**
   * An answer as JSON. Only requests that change nothing go through here, so all of them may be asked again.
   * @param {string} target
   * @param {RequestInit} options
   * @param {(response: Response) => Promise<any>} [parse]
   * @param {(error: ApiError) => boolean} [isFinal]  what is no use to ask again
   */
  async function read(target, options, parse = (response) => response.json(), isFinal = () => false) {
    for (let attempt = 0; ; attempt += 1) {
      try {
        const answer = await once(target, options, parse);
        if (attempt) onConnecting(false);
        return answer;
      } catch (error) {
        if (!(error instanceof ApiError) || ![0, TOO_MANY].includes(error.status) || isFinal(error))
          throw error;
        const waits = error.status === TOO_MANY ? LIMIT_WAITS_MS : WAITS_MS;
        if (attempt >= waits.length) throw error;
        onConnecting(true);
        await pause(waits[attempt], options.signal ?? null);
      }
    }
  }

  /**
   * Asks for a change, once: nobody knows whether a request that was cut off has done its work.
   * @param {string} route
   * @param {unknown} [body]
   */
  const change = (route, body = {}) => once(url(route), json(body), (response) => response.json());

  return {
    /** @returns {Promise<Settings>} */
    settings: () => read(url('global_setting'), {}),

    /**
     * @param {string} folder
     * @param {boolean} sizes  with the pixels of what the index knows
     * @param {AbortSignal} [signal]
     * @returns {Promise<import('./lib/types.mjs').ListingAnswer>}
     */
    listing: (folder, sizes, signal) =>
      read(url('files/columns', { folder_path: folder, ...(sizes && { sizes: 'true' }) }), { signal }),

    /**
     * What folders are directly below one.
     * @param {string} folder
     * @param {AbortSignal} [signal]
     * @returns {Promise<FileInfo[]>}
     */
    folders: async (folder, signal) =>
      (
        await read(
          url('files', { folder_path: folder, only_folders: 'true' }),
          { signal },
          undefined,
          () => true,
        )
      ).files.filter((/** @type {FileInfo} */ file) => file.type === 'dir'),

    /**
     * @param {string[]} paths
     * @param {AbortSignal} [signal]
     * @returns {Promise<Record<string, GenerationInfo>>}
     */
    generationInfo: async (paths, signal) => {
      const exact = async (/** @type {Response} */ response) => parseExact(await response.text());
      return (await read(url('generation_info'), { ...json({ paths }), signal }, exact)).infos;
    },

    /**
     * Up to four pictures that stand for each folder.
     * @param {string[]} paths
     * @param {AbortSignal} [signal]
     * @returns {Promise<Record<string, FileInfo[]>>}
     */
    covers: (paths, signal) => read(url('batch_top_4_media_info'), { ...json({ paths }), signal }),

    /**
     * @param {string} path
     * @param {number} date  changes when the file does, so that a cached answer is never an old picture
     * @param {number} size
     */
    thumbnail: (path, date, size) =>
      url('image-thumbnail', { path, t: String(date), size: `${size}x${size}`, ...covers.get(path) }),

    /**
     * How the server answers under an address of ours; 0 where nobody does. What it answers is not
     * waited for.
     * @param {string} address
     */
    status: async (address) => {
      const rest = new AbortController();
      const status = await fetch(address, { signal: rest.signal }).then(
        (answer) => answer.status,
        () => 0,
      );
      rest.abort();
      return status;
    },

    /** @param {string} path  of a video that has another cover now: the browser would show the one it has */
    outdate: (path) => covers.set(path, { cover: String(Date.now()) }),

    /**
     * How many files a search finds, by day. A server without an index says 404, at once.
     * @param {Question & {first?: number, snapshot?: string, wait_s?: number}} question  first: so many files come with the answer; snapshot: one that is to grow;
     *     wait_s: how long a search for words may look before it answers with what it has found so far
     * @param {AbortSignal} [signal]
     * @returns {Promise<import('./lib/types.mjs').TimelineAnswer>}
     */
    timeline: async (question, signal) => {
      try {
        return await read(url('db/timeline'), { ...json(question), signal }, undefined, isNoRoute);
      } catch (error) {
        throw error instanceof ApiError && isNoRoute(error) ? new ApiError('', 404, error.code) : error;
      }
    },

    /**
     * Some files of a timeline, by position.
     * @param {Question & {snapshot: string, offset: number, limit: number}} part
     * @param {AbortSignal} [signal]
     * @returns {Promise<import('./lib/types.mjs').FileColumns>}
     */
    columns: (part, signal) => read(url('db/columns'), { ...json(part), signal }),

    /**
     * A value that is another one when the index has changed.
     * @returns {Promise<{change: number|string}>}
     */
    changes: () => read(url('db/changes'), {}, undefined, () => true),

    /**
     * What the last word of a text could become.
     * @param {string} text  what stands in front of the caret
     * @param {number} limit
     * @param {AbortSignal} [signal]
     * @returns {Promise<{kind: string, name: string, count: number, term: string, text: string}[]>}
     */
    suggest: async (text, limit, signal) =>
      (await read(url('db/suggest', { text, limit: String(limit) }), { signal }, undefined, () => true))
        .suggestions,

    /**
     * Keeps a value of the page's on the server.
     * @param {string} name
     * @param {unknown} value
     */
    saveSetting: (name, value) => read(url('app_fe_setting'), json({ name, value }), undefined, () => true),

    /**
     * Tags whose name contains a text, most used first.
     * @param {{query: string, category?: string, limit: number}} what
     * @param {AbortSignal} [signal]
     * @returns {Promise<import('./lib/types.mjs').Tag[]>}
     */
    tags: async ({ query, category = '', limit }, signal) =>
      (
        await read(
          url('db/tags', { query, category, limit: String(limit) }),
          { signal },
          undefined,
          () => true,
        )
      ).tags,

    /** @returns {Promise<import('./lib/types.mjs').IndexStatus>} */
    indexStatus: () => read(url('db/index_status'), {}, undefined, () => true),

    /** @returns {Promise<{job_id: string}>} */
    updateIndex: () => read(url('db/update_image_data'), json({ background: true }), undefined, () => true),

    /**
     * How many files the index knows that are gone from the disk; 10,000 stands for more.
     * @returns {Promise<number>}
     */
    countMissing: async () =>
      (
        await read(
          url('db/search'),
          json({ query: 'missing:yes', size: 1, total: 'bounded' }),
          undefined,
          () => true,
        )
      ).total,

    /**
     * Counts files that were deleted elsewhere, or takes them out of the index.
     * @param {{dry_run: boolean, expected_count?: number, background?: boolean}} how
     * @returns {Promise<any>}  {count, marked, unreachable}, or {job_id} where it goes on in the background
     */
    forgetMissing: (how) => change('db/forget_missing', how),

    /** Ends the update of the index; what was read stays. */
    cancelIndex: () => read(url('db/index_cancel'), json({}), undefined, () => true),

    /**
     * Every tag that a file carries, by name.
     * @param {string} path
     * @param {AbortSignal} [signal]
     * @returns {Promise<Record<string, unknown>>}
     */
    exif: (path, signal) => read(url('image_exif', { path }), { signal }),

    /**
     * Moves or copies into a folder; all or nothing, unless told what to do with names that are taken.
     * @param {'move'|'copy'} how
     * @param {About} about
     * @param {string} dest
     * @param {'error'|'rename'|'skip'} onConflict
     * @param {boolean} background  by a job; then what can be done is done
     * @returns {Promise<{moved?: Moved[], copied?: Moved[], errors: Failure[], skipped: string[], operation_id: string|null} | {job_id: string}>}
     */
    transfer: (how, about, dest, onConflict, background) =>
      change(`${how}_files`, {
        ...about,
        dest,
        on_conflict: onConflict,
        continue_on_error: background || onConflict !== 'error',
        background,
      }),

    /**
     * @param {About} about
     * @param {boolean} background
     * @returns {Promise<{deleted: string[], errors: Failure[], operation_id: string|null} | {job_id: string}>}
     */
    remove: (about, background) => change('delete_files', { ...about, background }),

    /**
     * @param {string} id
     * @returns {Promise<{status: string, progress: number, message: string, error: string, result: any}>}
     */
    job: (id) => read(url(`jobs/${encodeURIComponent(id)}`), {}),

    /**
     * Ends a job; what it did to files is taken back.
     * @param {string} id
     */
    cancelJob: (id) => change(`jobs/${encodeURIComponent(id)}/cancel`),

    /**
     * @param {string} path
     * @param {string} name
     * @returns {Promise<{new_path: string, operation_id: string|null}>}
     */
    rename: (path, name) => change('db/rename', { path, name }),

    /**
     * @param {string} folder
     * @returns {Promise<{path: string}>}
     */
    makeFolder: (folder) => change('mkdirs', { dest_folder: folder }),

    /**
     * @param {string} operation
     * @param {boolean} background
     * @returns {Promise<{restored: Moved[]} | {job_id: string}>}
     */
    undo: (operation, background) =>
      change(`operations/${encodeURIComponent(operation)}/undo`, { background }),

    /**
     * What the user put onto files, by path.
     * @param {string[]} paths
     * @param {AbortSignal} [signal]
     * @returns {Promise<Record<string, import('./lib/types.mjs').Marks>>}
     */
    marks: async (paths, signal) => (await read(url('db/marks'), { ...json({ paths }), signal })).marks,

    /**
     * @param {About} about
     * @param {number} rating  1 to 5, 0 for none
     * @returns {Promise<{updated: number, errors: Failure[]}>}
     */
    rate: (about, rating) => change('db/rate', { ...asImages(about), rating }),

    /** @returns {Promise<import('./lib/types.mjs').TagInfo[]>} */
    customTags: async () => (await read(url('db/tags', { category: 'custom', limit: '1000' }), {})).tags,

    /**
     * Makes a tag, or answers the one of this name.
     * @param {string} name
     * @returns {Promise<import('./lib/types.mjs').TagInfo>}
     */
    addTag: (name) => change('db/add_custom_tag', { tag_name: name }),

    /**
     * @param {About} about
     * @param {number} tag
     * @param {'add'|'remove'} action
     * @returns {Promise<{updated: number, errors: Failure[]}>}
     */
    tag: (about, tag, action) =>
      change('db/batch_update_image_tag', { ...asImages(about), tag_id: tag, action }),

    /** @returns {Promise<import('./lib/types.mjs').AlbumInfo[]>} */
    albums: async () => (await read(url('albums'), {})).albums,

    /**
     * @param {string} name
     * @returns {Promise<import('./lib/types.mjs').AlbumInfo>}
     */
    addAlbum: (name) => change('albums', { name }),

    /**
     * @param {About} about
     * @param {number} album
     * @param {'add'|'remove'} action
     * @returns {Promise<{updated: number, errors: Failure[]}>}
     */
    album: (about, album, action) => change(`albums/${action}`, { ...asImages(about), id: album }),

    /**
     * Facts of files, by path; null for what is no longer there.
     * @param {string[]} paths
     * @returns {Promise<Record<string, FileInfo|null>>}
     */
    facts: (paths) => read(url('batch_get_files_info'), json({ paths })),

    /**
     * The topics of the whole library that were found last.
     * @param {string} lang
     * @returns {Promise<{result: {clusters: import('./lib/types.mjs').Topic[]}|null, stale: boolean}>}
     */
    topics: (lang) =>
      read(url('db/cluster_iib_output_cached'), json({ folder_paths: [], recursive: true, lang })),

    /**
     * @param {string} lang
     * @returns {Promise<{job_id: string}>}
     */
    findTopics: (lang) =>
      change('db/cluster_iib_output_job_start', { folder_paths: [], recursive: true, lang }),

    /**
     * Figures about the library.
     * @returns {Promise<import('./lib/types.mjs').Figures>}
     */
    stats: () => read(url('db/stats/trend'), {}),

    /** @returns {Promise<import('./lib/types.mjs').TrashInfo>} */
    trash: () => read(url('trash'), {}),

    /**
     * Removes for good: what these operations deleted, or everything.
     * @param {string[]} [operations]
     * @returns {Promise<{removed: number, bytes: number, errors: Failure[]}>}
     */
    emptyTrash: (operations) => change('trash/empty', operations ? { operation_ids: operations } : {}),

    /**
     * Plans sorting files into folders; nothing is moved.
     * @param {Record<string, unknown>} what
     * @returns {Promise<{job_id: string}>}
     */
    planFolders: (what) => change('db/organize_files_start', what),

    /**
     * @param {string} id
     * @param {boolean} brief  without the preview
     * @returns {Promise<import('./lib/types.mjs').OrganiseState>}
     */
    folderPlan: (id, brief) =>
      read(url('db/organize_files_status', { job_id: id, brief: String(brief) }), {}),

    /**
     * Carries a plan out.
     * @param {string} id
     * @param {{folder_edits: {cluster_id: string, new_folder_name: string}[], skip_cluster_ids: string[]}} answer
     * @returns {Promise<{job_id: string}>}
     */
    carryOut: (id, answer) => change('db/organize_files_confirm', { job_id: id, ...answer }),

    /** @param {string} id */
    cancelPlan: (id) => change('db/organize_files_cancel', { job_id: id }),

    /** @returns {Promise<{id: string, undoable: boolean, state: string}[]>} */
    operations: async () => (await read(url('operations'), {})).operations,

    /** @returns {Promise<import('./lib/types.mjs').Offer[]>} */
    importable: async () => (await read(url('db/importable'), {}, undefined, () => true)).databases,

    /**
     * @param {string} path  of a file on the server's machine
     * @returns {Promise<{job_id: string}>}
     */
    importMarks: (path) => change('db/import', { path, background: true }),

    /** @param {string} path */
    openFolder: (path) => change('open_folder', { path }),

    /**
     * @param {string} path
     * @param {string} infotext
     * @returns {Promise<{operation_id: string|null}>}
     */
    writeInfotext: (path, infotext) => change('update_exif', { path, exif: infotext }),

    /**
     * Shows a video by this picture from now on.
     * @param {string} path
     * @param {string} picture  a data URL
     */
    setCover: (path, picture) => change('set_target_frame_as_video_cover', { path, base64_img: picture }),

    /**
     * Files as one archive.
     * @param {About} about
     * @returns {Promise<{name: string, data: Blob}>}
     */
    zip: (about) => archive(url('zip'), 'file_paths' in about ? { paths: about.file_paths } : about),

    /**
     * Some frames of a video as one moving picture.
     * @param {string} path
     * @param {number} date
     */
    preview: (path, date) => url('video_preview', { path, mt: String(date) }),

    /**
     * A ticket for a picture on its way into a tab of the host around us.
     * @param {string} path
     * @param {string} target
     * @returns {Promise<{id: string}>}
     */
    send: (path, target) =>
      once(url('send_img_path', { path, target, here: 'true' }), { method: 'POST' }, (response) =>
        response.json(),
      ),

    /** @returns {Promise<{send: {id: string, path: string, target: string}|null}>} */
    claimSend: () => once(url('claim_send'), { method: 'POST' }, (response) => response.json()),

    /**
     * The bytes of a file.
     * @param {string} path
     * @param {number} date
     * @returns {Promise<Blob>}
     */
    blob: (path, date) => once(url('file', { path, t: String(date) }), {}, (response) => response.blob()),

    /**
     * @param {string} path
     * @param {number} date
     * @param {string} [download]  name to save the file under
     */
    file: (path, date, download) =>
      url('file', { path, t: String(date), ...(download ? { disposition: download } : {}) }),
  };
}

/**
 * What a change is about: files by path, or all that a search finds.
 * @typedef {{file_paths: string[]} | {query: {query: string, folder_paths: string[]}, expected_count: number}} About
 * @typedef {{path: string, error: string, code: string}} Failure
 * @typedef {{src_path: string, dest_path: string}} Moved
 */

/** @param {About} about */
function asImages(about) {
  return 'file_paths' in about ? { img_paths: about.file_paths } : about;
}

/**
 * An archive, and the name that the server gives it.
 * @param {string} target
 * @param {unknown} body
 * @returns {Promise<{name: string, data: Blob}>}
 */
function archive(target, body) {
  return once(target, json(body), async (response) => ({
    name: /filename="([^"]+)"/.exec(response.headers.get('content-disposition') ?? '')?.[1] ?? 'iib.zip',
    data: await response.blob(),
  }));
}

/**
 * @param {string} target
 * @param {RequestInit} options
 * @param {(response: Response) => Promise<any>} parse
 */
async function once(target, options, parse) {
  let response;
  try {
    response = await fetch(target, options);
    if (response.ok) return await parse(response);
  } catch (error) {
    if (options.signal?.aborted) throw error;
    // Nobody there, cut off in the middle, or a page of somebody's where our answer should be.
    throw new ApiError('', 0, 'Unreachable');
  }
  const answer = await response.json().catch(() => null);
  // A 404 without our code, or a proxy's 502 to 504, comes from somebody in front of us who does
  // not know our routes yet.
  const notOurs = (response.status === 404 && !answer?.code) || [502, 503, 504].includes(response.status);
  const code = notOurs && response.status === 404 ? NO_ROUTE : String(answer?.code ?? '');
  throw new ApiError(String(answer?.detail ?? ''), notOurs ? 0 : response.status, code);
}

/** @param {ApiError} error */
function isNoRoute(error) {
  return error.code === NO_ROUTE;
}

/** @param {unknown} body */
function json(body) {
  return { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
}

/**
 * @param {number} ms
 * @param {AbortSignal|null} signal
 * @returns {Promise<void>}
 */
function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        reject(signal.reason);
      },
      { once: true },
    );
  });
}

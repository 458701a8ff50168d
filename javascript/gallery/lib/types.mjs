/**
 * The shapes that travel between modules. No code.
 *
 * @typedef {'dir'|'image'|'video'|'audio'|'other'} Kind
 *
 * @typedef {Object} FileInfo  one entry of a listing as the server tells it
 * @property {'file'|'dir'} type
 * @property {number} date  modified, seconds since the epoch
 * @property {number} created_time
 * @property {string} size  human text
 * @property {number} bytes
 * @property {string} name
 * @property {string} fullpath
 * @property {boolean} is_under_scanned_path
 *
 * @typedef {Object} Root
 * @property {string} path
 * @property {string} name
 * @property {boolean} online
 *
 * @typedef {Object} Settings
 * @property {Root[]} roots
 * @property {boolean} read_only
 * @property {string} version
 *
 * @typedef {Object} FoundPage  a page of what a search finds
 * @property {FileInfo[]} files
 * @property {{has_next: boolean, next: string}} cursor
 * @property {number|null} [total]
 * @property {boolean|null} [total_is_exact]
 *
 * @typedef {Object} IndexStatus
 * @property {boolean} running
 * @property {number} done
 * @property {number} total  0: not known yet
 * @property {number|null} seconds_left
 *
 * @typedef {{name: string, weight: number|null}} Lora
 *
 * @typedef {Object} GenerationInfo
 * @property {string} prompt
 * @property {string} negative_prompt
 * @property {string} infotext
 * @property {string|null} source
 * @property {number|null} steps
 * @property {string|null} sampler
 * @property {string|null} scheduler
 * @property {number|null} cfg_scale
 * @property {number|bigint|null} seed
 * @property {number|null} width
 * @property {number|null} height
 * @property {string|null} model
 * @property {string|null} model_hash
 * @property {string|null} vae
 * @property {Lora[]} loras
 * @property {Record<string, string>} parameters
 * @property {unknown} workflow
 * @property {string} found_in
 * @property {string} error
 *
 * @typedef {'date'|'name'|'size'} SortField
 * @typedef {'asc'|'desc'} SortOrder
 * @typedef {'library'|'folders'} View
 *
 * @typedef {Object} Route  what the address says
 * @property {View|null} view  null: the library, or the folders where there is none
 * @property {string|null} folder  null: the roots
 * @property {string} query  what is searched in the library; '' for all of it
 * @property {SortField|null} sort  null: the user's habit
 * @property {SortOrder|null} order
 * @property {string|null} open  the picture in the viewer: its name in a folder, its path in the library
 *
 * @typedef {Object} Item  one row of the listing, as the page shows it
 * @property {string} name
 * @property {string} path
 * @property {number} date
 * @property {number} bytes
 * @property {Kind} kind
 * @property {boolean} online
 *
 * @typedef {{top: number, left: number, width: number, height: number}} Rect
 */
export {};

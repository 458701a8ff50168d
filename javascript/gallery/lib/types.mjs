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
 * @typedef {Object} ListingAnswer  a folder as the server tells it, by column
 * @property {string} prefix  stands in front of each name
 * @property {string[]} name
 * @property {number[]} date
 * @property {number[]} bytes
 * @property {number[]} folders  positions of those that are folders
 * @property {number[]|null} width  pixels, 0 where they are not known; null where they were not asked for
 * @property {number[]|null} height
 *
 * @typedef {Object} Root
 * @property {string} path
 * @property {string} name
 * @property {boolean} online
 * @property {boolean} [not_made]  the WebUI has yet to make it
 * @property {string} [type]  ``scan``; ``scan-fixed`` where it is pinned; ``walk`` is not indexed
 * @property {boolean} [fixed]  it comes from the settings
 * @property {number} [count]  files that are shown
 * @property {number} [missing]  files of the index that are gone, or on a drive that is not connected
 *
 * @typedef {Object} ServerSetting
 * @property {string} name
 * @property {string} variable  of the environment
 * @property {'live'|'fixed'|'start'|'locked'} state  how it can be changed
 * @property {any} value  null: it is not told
 * @property {any} default
 * @property {string[]} choices
 * @property {string} help
 * @property {boolean} is_set
 *
 * @typedef {Object} SuggestedRoots  folders that could be added
 * @property {{path: string, program: string}[]} folders  program: '' for the user's own pictures
 * @property {string[]} places  where one begins to look for others; none where none may be added
 * @property {boolean} sample  the sample library can be added
 *
 * @typedef {Object} Settings
 * @property {Root[]} roots
 * @property {'trash'|'system'|'permanent'} delete_mode
 * @property {boolean} is_readonly
 * @property {boolean} enable_access_control  only what is in the library's folders exists for us
 * @property {Record<string, unknown>} app_fe_setting  what the page has stored
 * @property {string} version
 *
 * @typedef {Object} TimelineAnswer  how many files a search finds, and on which days
 * @property {string} snapshot  names the order in which they are told; positions in it hold while files come
 *   and go
 * @property {number} total  with stacks the number of tiles
 * @property {number} [files]  with stacks the number of files
 * @property {{day: string, count: number}[]} buckets  in order; empty where the files are not sorted by date
 * @property {{value: string, count: number}[]} [groups]  in order, by the value of what is sorted by
 * @property {FileColumns} [first]  the first files, where they were asked for
 * @property {boolean} [complete]  false: the search goes on, and finds more when it is asked again
 * @property {number|string} change  another one when the index has changed
 * @property {Elsewhere} [elsewhere]
 * @property {QueryHint[]} [hints]
 *
 * @typedef {{query: string, count: number, count_is_exact: boolean}} Elsewhere  where nothing is found: the
 *   query that looks into all texts, and how many files it finds
 * @typedef {Object} QueryHint  something in a query that may have been meant otherwise
 * @property {string} code
 * @property {string} name  what was typed
 * @property {string} nearest  what may be meant, or what there is; may be ''
 * @property {string} query  as it may be meant, or ''
 *
 * @typedef {Object} FileColumns  some files of a timeline, from a position on
 * @property {string} [snapshot]
 * @property {number} [total]
 * @property {number[]} id
 * @property {(string|null)[]} path  null: the file is gone meanwhile
 * @property {(number|null)[]} mtime
 * @property {(number|null)[]} bytes
 * @property {(string|null)[]} type
 * @property {(number|null)[]} width
 * @property {(number|null)[]} height
 * @property {(number|null)[]} duration
 * @property {boolean[]} [blurred]
 * @property {(number|null)[]} [rating]
 * @property {(string|null)[]} [color]
 * @property {string[]} [stack]  the term that finds the files of a stack, '' for a file alone
 * @property {number[]} [stack_count]
 *
 * @typedef {{prompt: string, model: string, seed: number|bigint|null}} Caption  what the index says of a file
 * @typedef {{name: string, path: string}} Folder
 *
 * @typedef {{name: string, count: number, size_bytes: number}} Count
 * @typedef {{id: string, title: string, size: number, keywords: string[], paths: string[]}} Subject  pictures
 *   whose prompts are about the same
 * @typedef {Subject & {subjects: Subject[]}} Topic  the first of two levels
 * @typedef {Object} Suggestion  what can be typed next, or instead
 * @property {string} kind  field, a tag's category, saved, recent or hint
 * @property {string} name
 * @property {number} count  files that have it; 0 where that says nothing
 * @property {string} text  the whole text with it in place
 * @property {number} caret  where the caret stands then
 *
 * @typedef {{id: number, name: string, type: string, color: string, category: string, count: number}} Tag
 *
 * @typedef {Object} IndexStatus
 * @property {boolean} running
 * @property {number} done
 * @property {number} total  0: not known yet
 * @property {number|null} seconds_left
 * @property {string} [stage]
 * @property {Record<string, number>} [errors]  files that could not be read, by reason
 * @property {string} [message]  that it stands still, else ''
 * @property {{path: string, error: string}[]} [problems]  the first of them by name; when nothing is running
 *   those that are left
 *
 * @typedef {{id: number, name: string, color: string, count: number}} TagInfo
 * @typedef {{id: number, name: string, count: number, cover: string}} AlbumInfo
 *
 * @typedef {Object} Marks  what the user put onto a file
 * @property {{id: number, name: string, color: string}[]} tags
 * @property {number} rating  0: none
 * @property {{id: number, name: string}[]} albums
 *
 * @typedef {Object} SearchFigures
 * @property {number} count
 * @property {number} size_bytes
 * @property {{path: string, count: number, size_bytes: number}[]} folders  those that take most space
 * @property {{name: string, count: number}[]} words  of prompts
 * @property {boolean} words_are_exact
 *
 * @typedef {Object} Operation  on files
 * @property {string} id
 * @property {string} kind
 * @property {number} time  seconds since the epoch
 * @property {string} state  running, done, failed, undone, emptying or emptied
 * @property {number} count
 * @property {boolean} undoable
 * @property {string} summary
 * @property {string} message
 * @property {string} user  who asked for it; '' where that is not known
 * @property {string} machine  the server's
 *
 * @typedef {Object} MarkChange  of tags, stars or albums
 * @property {string} change_id
 * @property {'given'|'removed'|'rated'} kind
 * @property {'tag'|'album'|'rating'} about
 * @property {string} name  of the tag or album
 * @property {number|null} rating  the new one
 * @property {number} changed  files
 * @property {number} time  seconds since the epoch; 0 where it is not known
 * @property {boolean} undone
 * @property {string} user
 * @property {string} machine
 *
 * @typedef {Object} TrashedFile
 * @property {string} path  where it was
 * @property {string} trash_path  where it is
 * @property {string} operation_id
 * @property {number} time  deleted, seconds since the epoch
 * @property {number} expires_time
 * @property {number} bytes
 * @property {string} kind  of the operation
 *
 * @typedef {{files: TrashedFile[], count: number, bytes: number}} TrashInfo
 *
 * @typedef {Object} OrganiseMapping  a file and where it goes
 * @property {string} src_path
 * @property {string} dest_path
 * @property {string} dest_folder_name
 * @property {string} cluster_id
 * @property {boolean} is_noise
 * @property {boolean} renamed
 *
 * @typedef {Object} OrganiseCluster  files that go into one folder
 * @property {string} cluster_id
 * @property {string} suggested_folder_name  '' where they stay
 * @property {string} title
 * @property {string[]} keywords
 * @property {number} size
 * @property {OrganiseMapping[]} file_mappings
 *
 * @typedef {Object} OrganisePreview  a plan that sorts files into folders
 * @property {string} dest_folder
 * @property {'move'|'copy'} action
 * @property {string} by
 * @property {number} in_place  files that are where they belong
 * @property {OrganiseCluster[]} clusters
 * @property {OrganiseCluster|null} noise  what belongs to no group
 * @property {{path: string, error: string}[]} problems  files that cannot go
 * @property {number} bytes_needed
 * @property {number} bytes_free
 * @property {string} message
 * @property {number} expires_time
 *
 * @typedef {Object} OrganiseState
 * @property {string} job_id
 * @property {'running'|'preview_ready'|'moving'|'completed'|'failed'|'cancelled'} status
 * @property {number} progress  0 to 1
 * @property {string} stage
 * @property {number} done
 * @property {number} total
 * @property {string} message  that it stands still, else ''
 * @property {string} error
 * @property {OrganisePreview|null} preview
 * @property {OrganiseResult|null} result
 *
 * @typedef {Object} OrganiseResult
 * @property {number} moved_count
 * @property {string[]} created_folders
 * @property {{path: string, error: string}[]} errors
 * @property {string} operation_id
 *
 * @typedef {'exact'|'same'|'near'} DuplicateKind
 *
 * @typedef {Object} DuplicateFile  a file of a group of duplicates
 * @property {number} id
 * @property {string} path
 * @property {string} name
 * @property {string} folder
 * @property {'keeper'|DuplicateKind} kind
 * @property {string} same_file_as  another name of this very file in the group, or ''
 * @property {Kind} type
 * @property {string} format
 * @property {number} bytes
 * @property {number} width
 * @property {number} height
 * @property {number} duration
 * @property {number} date
 * @property {number} metadata_fields  how many facts its metadata tell
 * @property {number} rating
 * @property {string[]} tags
 * @property {string[]} albums
 *
 * @typedef {Object} DuplicateGroup  the file that the server suggests to keep first
 * @property {DuplicateKind} kind
 * @property {string} keeper
 * @property {string[]} differs  names of what is not the same in all files
 * @property {number} bytes_to_free
 * @property {DuplicateFile[]} files
 *
 * @typedef {Object} Duplicates  some groups, and how many there are
 * @property {DuplicateGroup[]} groups
 * @property {{has_next: boolean, next: string}} cursor
 * @property {string} first  cursor of the first page
 * @property {number} count
 * @property {Record<DuplicateKind, number>} kinds
 * @property {number} files  that can go
 * @property {number} bytes_to_free
 * @property {number} failed  files that could not be looked at
 *
 * @typedef {{path: string, images: number, tags: number, tagged: number, folders: number}} Offer  a database
 *   of another program, and what is in it
 *
 * @typedef {Object} Brought  what an import has brought
 * @property {number} tags
 * @property {number} albums
 * @property {number} files
 * @property {number} waiting
 * @property {string[]} folders
 * @property {string[]} skipped_folders
 * @property {string[]} errors
 *
 * @typedef {Object} Relocated  what a relocation has changed, or would change
 * @property {number} folders
 * @property {number} files
 * @property {number} merged
 * @property {number} kept
 * @property {number} extra_paths
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
 * @property {string[]} [models]  of all passes, ``model`` first
 * @property {Lora[]} loras
 * @property {Record<string, string>} parameters
 * @property {unknown} workflow
 * @property {string} found_in
 * @property {string} error
 *
 * @typedef {'date'|'created'|'indexed'|'name'|'path'|'size'} FileSort
 * @typedef {'pixels'|'width'|'height'|'ratio'|'duration'|'type'} MediaSort
 * @typedef {'source'|'model'|'sampler'|'scheduler'|'steps'|'cfg'|'seed'} GenerationSort
 * @typedef {'denoise'|'guidance'|'clip'|'score'|'nsfw'|'fps'|'frames'} ParameterSort
 * @typedef {`param:${string}`} AnyParameterSort  the parameter of this name
 * @typedef {FileSort|MediaSort|GenerationSort|ParameterSort|AnyParameterSort|'rating'|'album'|'random'}
 *   SortField
 * @typedef {'asc'|'desc'} SortOrder
 * @typedef {'prompt'|'batch'|'seed'} StackKind  what the files of a stack have in common
 * @typedef {'all'|'image'|'video'|'audio'} Media
 * @typedef {'library'|'folders'|'albums'|'tags'|'topics'|'stats'|'trash'|'organise'|'settings'} Place
 * @typedef {Place|'similar'|'graph'|'duplicates'|'history'|'rules'} View
 * @typedef {'prompt'|'look'|'content'} By  what two files have in common
 *
 * @typedef {Object} Route  what the address says
 * @property {View|null} view  null: the library, or the folders where there is none
 * @property {string|null} folder  null: the roots
 * @property {string} query  what is searched in the library; '' for all of it
 * @property {string|null} scope  folder in and below which is searched, also for duplicates; null: everywhere
 * @property {string|null} like  path of a file that others are compared with
 * @property {By} by  in which way they are compared
 * @property {boolean} walk  the folder with all below it, by day
 * @property {string|null} topic  whose pictures are shown
 * @property {string|null} job  that sorts files into folders, and whose plan is shown; or that has looked for
 *   duplicates
 * @property {string} user  whose changes the history shows; '' for everyone's
 * @property {Media} media  which kinds of files are shown
 * @property {number|null} seed  of the random order
 * @property {SortField|null} sort  null: the user's habit
 * @property {SortOrder|null} order
 * @property {StackKind|'none'|null} stack  what is folded into stacks; null: the user's habit
 * @property {string|null} open  the picture in the viewer: its name in a folder, its path in the library
 * @property {[string, string]|null} compare  paths of two pictures that are shown side by side
 *
 * @typedef {Object} Item  one row of the listing, as the page shows it
 * @property {string} name
 * @property {string} path
 * @property {number} date
 * @property {number} bytes
 * @property {Kind} kind
 * @property {boolean} online
 * @property {boolean} [notMade]  a root that the WebUI has yet to make
 * @property {'known'|'pending'|'gone'} is  pending: its place is known, but not yet what is there; gone: it
 *   was deleted or moved meanwhile
 * @property {number} id  0 where the index does not know it
 * @property {number} width  pixels; 0 where not known
 * @property {number} height
 * @property {number} duration  seconds
 * @property {number} rating  0 to 5
 * @property {boolean} [blurred]  it is shown blurred; undefined where the server has not said
 * @property {number} [similarity]  to what was asked for, up to 1
 * @property {string} color  mean of the picture, or ''
 * @property {{term: string, count: number}} [stack]  it stands for so many files, which this term finds
 *
 * @typedef {{top: number, left: number, width: number, height: number}} Rect
 */
export {};

import { autoTagsApi } from './auto-tags.mjs';
import { duplicatesApi } from './duplicates.mjs';
import { filesApi } from './files.mjs';
import { hostApi } from './host.mjs';
import { jobsApi } from './jobs.mjs';
import { libraryApi } from './library.mjs';
import { marksApi } from './marks.mjs';
import { meaningApi } from './meaning.mjs';
import { operationsApi } from './operations.mjs';
import { organiseApi } from './organise.mjs';
import { rootsApi } from './roots.mjs';
import { searchApi } from './search.mjs';
import { settingsApi } from './settings.mjs';
import { createTransport } from './transport.mjs';
import { trashApi } from './trash.mjs';
import { visionApi } from './vision.mjs';

/** @typedef {ReturnType<typeof createApi>} Api */

/**
 * The server's API. Reading is tried again while the server does not answer; what changes something is
 * asked for once.
 * @param {Parameters<typeof createTransport>[0]} options
 */
export function createApi(options) {
  const transport = createTransport(options);
  return {
    ...autoTagsApi(transport),
    ...duplicatesApi(transport),
    ...filesApi(transport),
    ...hostApi(transport),
    ...jobsApi(transport),
    ...libraryApi(transport),
    ...marksApi(transport),
    ...meaningApi(transport),
    ...operationsApi(transport),
    ...organiseApi(transport),
    ...rootsApi(transport),
    ...searchApi(transport),
    ...settingsApi(transport),
    ...trashApi(transport),
    ...visionApi(transport),
  };
}

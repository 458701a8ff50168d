/** Whether the system has a place where files or addresses are handed to other programs. */
export function canShare() {
  return typeof navigator !== 'undefined' && typeof navigator.share === 'function';
}

/**
 * Hands files to another program by the system's own sheet, or the address of this page where files
 * cannot be handed on. False where the browser wants another tap first: it forgets one that is some
 * seconds old.
 * @param {File[]} files
 * @returns {Promise<boolean>}
 */
export async function shareFiles(files) {
  const data = navigator.canShare?.({ files }) ? { files } : { url: location.href };
  try {
    await navigator.share(data);
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    return error.name === 'AbortError'; // the user has thought better of it
  }
  return true;
}

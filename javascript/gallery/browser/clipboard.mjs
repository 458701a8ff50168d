/**
 * Puts text on the clipboard; false where the browser does not let us. A WebUI is often open as
 * plain http on a LAN, where navigator.clipboard does not exist, so the old way stays beside it.
 * @param {string} text
 * @returns {Promise<boolean>}
 */
export async function copyText(text) {
  if (navigator.clipboard && window.isSecureContext) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // not allowed inside this frame: the old way below may still be
    }
  }
  return copyBySelection(text);
}

/** @param {string} text */
function copyBySelection(text) {
  const before = /** @type {HTMLElement|null} */ (document.activeElement);
  const area = document.createElement('textarea');
  area.value = text;
  area.readOnly = true;
  area.className = 'offscreen';
  document.body.append(area);
  area.select();
  const copied = document.execCommand('copy');
  area.remove();
  before?.focus({ preventScroll: true });
  return copied;
}

/**
 * Saves text or bytes as a file of the user.
 * @param {string} name
 * @param {string|Blob} text
 * @param {string} type  MIME type
 */
export function saveText(name, text, type) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  saveUrl(name, url);
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/**
 * @param {string} name
 * @param {string} url
 */
export function saveUrl(name, url) {
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
}

/** Whether pictures can be put on the clipboard here. */
export function canCopyPicture() {
  return (
    typeof ClipboardItem === 'function' &&
    typeof window !== 'undefined' &&
    window.isSecureContext &&
    typeof navigator.clipboard?.write === 'function'
  );
}

/**
 * Puts a picture on the clipboard as PNG, which is what other programs take. False where it cannot be
 * drawn, or where the browser does not let us.
 * @param {string} url
 * @returns {Promise<boolean>}
 */
export async function copyPicture(url) {
  try {
    // The picture is promised: what is awaited first would use up the click that allows it.
    await navigator.clipboard.write([new ClipboardItem({ 'image/png': drawPng(url) })]);
    return true;
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    return false;
  }
}

/**
 * @param {string} url
 * @returns {Promise<Blob>}
 */
async function drawPng(url) {
  const image = new Image();
  image.src = url;
  await image.decode();
  const canvas = document.createElement('canvas');
  Object.assign(canvas, { width: image.naturalWidth, height: image.naturalHeight });
  canvas.getContext('2d')?.drawImage(image, 0, 0);
  return new Promise((resolve, reject) => {
    const refuse = () => reject(new DOMException('the picture is too large', 'DataError'));
    canvas.toBlob((blob) => (blob ? resolve(blob) : refuse()), 'image/png');
  });
}

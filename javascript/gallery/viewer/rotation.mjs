/** @typedef {import('../vendor/photoswipe/photoswipe.esm.min.js').Content} Content */

/**
 * The picture of a slide, also where it is turned.
 * @param {Content} content
 * @returns {HTMLImageElement|null}
 */
export function imageOf({ type, element }) {
  if (type !== 'image' || !element) return null;
  return element instanceof HTMLImageElement ? element : element.querySelector('img');
}

/**
 * Shows a slide's picture or video turned. PhotoSwipe gives its element a width and a height, so
 * what is turned lies in a frame that takes them, and is laid out by the size of that.
 * @param {Content} content
 * @param {number} quarters  of a turn to the right
 */
export function turnElement(content, quarters) {
  const image = imageOf(content);
  if (content.type !== 'image') turnFrame(content.element, quarters);
  else if (image && quarters) {
    const frame =
      content.element === image
        ? document.createElement('div')
        : /** @type {HTMLElement} */ (content.element);
    if (content.element === image) {
      frame.className = 'pswp__img turned';
      frame.style.width = image.style.width;
      frame.style.height = image.style.height;
      image.replaceWith(frame);
      frame.append(image);
      content.element = frame;
    }
    turnFrame(frame, quarters);
  } else if (image && content.element !== image) {
    const frame = /** @type {HTMLElement} */ (content.element);
    image.style.width = frame.style.width;
    image.style.height = frame.style.height;
    frame.replaceWith(image);
    content.element = image;
  }
}

/**
 * @param {HTMLElement|undefined} frame
 * @param {number} quarters
 */
function turnFrame(frame, quarters) {
  frame?.classList.toggle('is-sideways', quarters % 2 === 1);
  frame?.style.setProperty('--turn', `${quarters * 90}deg`);
}

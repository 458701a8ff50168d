/** What a bar keeps in any case; its other buttons are in its menu too. */
const KEPT = '.is-delete';

/**
 * Makes a bar as wide as its place allows: with the labels of its buttons, else with their icons
 * only, else without the last of them, and at last without what stands before them.
 * @param {HTMLElement} bar
 */
export function fitBar(bar) {
  const buttons = [...bar.querySelectorAll(`.button:not(${KEPT})`)].reverse();
  const others = bar.querySelectorAll('.stars, .link');
  const leaving = [...buttons, ...others];
  bar.classList.remove('is-compact');
  for (const element of leaving) element.classList.remove('is-left-out');
  if (fits(bar)) return;
  bar.classList.add('is-compact');
  for (const element of leaving) {
    if (fits(bar)) return;
    element.classList.add('is-left-out');
  }
}

/** @param {HTMLElement} bar */
function fits(bar) {
  return [bar, ...bar.children].every((part) => part.scrollWidth <= part.clientWidth + 1);
}

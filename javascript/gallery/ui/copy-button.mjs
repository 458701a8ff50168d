import { html, useEffect, useState } from '../vendor/preact/standalone.mjs';
import { IconButton } from './button.mjs';

/**
 * Copies a text; the icon says so for a moment.
 * @param {{text: string, label: string, copy: (text: string) => Promise<boolean>}} props  copy: also says
 *   whether that worked
 */
export function CopyButton({ text, label, copy }) {
  const [done, setDone] = useState(false);
  useEffect(() => {
    if (!done) return undefined;
    const timer = setTimeout(() => setDone(false), 1500);
    return () => clearTimeout(timer);
  }, [done]);
  useEffect(() => setDone(false), [text]);
  const onClick = async () => setDone(await copy(text));
  return html`<${IconButton}
    icon=${done ? 'check' : 'copy'}
    label=${label}
    kind=${done ? 'is-done' : ''}
    onClick=${onClick}
  />`;
}

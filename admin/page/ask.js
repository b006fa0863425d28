// Questions before something is done, and what is said when it was not.
import { byId } from './dom.js';

/** ask returns whether the answer was yes, and whether the box under the question was
 * ticked, if there was one. */
export function ask(title, words, verb, box) {
  const dialog = byId('ask');
  byId('ask-title').textContent = title;
  byId('ask-text').textContent = words;
  byId('ask-yes').textContent = verb;
  byId('ask-yes').hidden = !verb;
  byId('ask-more').hidden = !box;
  byId('ask-checktext').textContent = box || '';
  byId('ask-check').checked = false;
  dialog.returnValue = '';
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.onclose = () => resolve({ yes: dialog.returnValue === 'yes', box: byId('ask-check').checked });
  });
}

export const failed = (title, error) => ask(title, error.message, '');

// The file of the pipeline, and the reading of it again.
import { byId, el, keep, text } from './dom.js';
import { at, get, post } from './api.js';
import { moment } from './words.js';

export function setUp() {
  byId('reload').addEventListener('click', async () => {
    const button = byId('reload');
    button.disabled = true;
    text(byId('filesaid'), 'Reading the file …');
    try {
      showReload(await post(at('reload')));
    } catch (e) {
      text(byId('filesaid'), e.message);
    }
    button.disabled = false;
    if (!byId('filetext').hidden) show();
  });
  byId('showfile').addEventListener('click', () => {
    const open = byId('filetext').hidden;
    byId('filetext').hidden = !open;
    byId('showfile').setAttribute('aria-expanded', open);
    text(byId('showfile'), open ? 'Hide it' : 'Show it');
    if (open) show();
  });
}

async function show() {
  try {
    const config = await get(at('config'));
    byId('filetext').replaceChildren(...config.text.replace(/\n$/, '').split('\n').map((line) => el('li', {}, line)));
    problems(config.problems);
    if ((config.problems || []).some((p) => !p.warning)) text(byId('filesaid'), 'The file on the disk has problems. What runs is what was read before.');
  } catch (e) {
    text(byId('filesaid'), e.message);
  }
}

/** showReload says what became of the last reload. */
export function showReload(r) {
  if (!r) return;
  text(byId('filesaid'), `${r.applied ? 'Read again' : 'Not taken over'} at ${moment(r.time)}${r.text ? ': ' + r.text : ''}`);
  problems(r.problems);
}

function problems(list) {
  keep(byId('fileproblems'), list || [], (p) => [p.file, p.line, p.column, p.text].join(':'), (p) => {
    const place = p.line ? `${p.file}:${p.line}:${p.column}` : p.file;
    return el('li', {}, el('span', { class: 'mono' }, place ? place + ' ' : ''), el('span', { class: p.warning ? 'warn' : 'bad' }, (p.warning ? 'warning: ' : '') + p.text + (p.hint ? '; ' + p.hint : '')), p.excerpt ? el('pre', {}, p.excerpt) : null);
  });
}

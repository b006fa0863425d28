// Dead letters: looked at, read and put back.
import { byId, el, keep, text } from './dom.js';
import { at, get, post } from './api.js';
import { ask, failed } from './ask.js';
import { moment, number, plural } from './words.js';

let list = [];
let chosen = new Set();
let total = 0;
let opened = null;
let seen = null; // how many dead letters there were when the list was read
let replaying = false;

const sink = () => byId('deadsink').value;
const reload = () => look().catch((e) => text(byId('deadsaid'), 'The letters could not be read: ' + e.message));

export function setUp() {
  byId('deadform').addEventListener('submit', (e) => {
    e.preventDefault();
    reload();
  });
  byId('deadsink').addEventListener('change', reload);
  byId('deadall').addEventListener('change', reload);
  byId('deadmore').addEventListener('click', () => look(list.at(-1)?.number).catch((e) => failed('The letters could not be read', e)));
  byId('deadevery').addEventListener('change', (e) => {
    chosen = new Set(e.target.checked ? waiting().map((l) => l.mark) : []);
    draw();
  });
  byId('deadreplay').addEventListener('click', () => replay([...chosen]));
  byId('letter-replay').addEventListener('click', () => {
    byId('letter').close();
    replay([opened.mark]);
  });
}

const waiting = () => list.filter((l) => l.status === 'waits');

/** showLetters reads the list again when there are more, and follows a replay. */
export async function showLetters(status) {
  const sinks = status.sinks.filter((s) => s.dead).map((s) => s.name);
  const select = byId('deadsink');
  keep(select, sinks, (s) => s, (s) => el('option', { value: s }, s));
  byId('deadform').hidden = sinks.length === 0;
  if (sinks.length === 0) {
    text(byId('deadsaid'), 'The flows have no sink for dead letters. on_error: {dead_letter: SINK} gives them one.');
    return;
  }
  const now = status.flows.reduce((n, f) => n + f.dead_letters, 0);
  const over = showReplay(status.replay);
  if (seen === null || over || (now !== seen && chosen.size === 0 && list.length <= 100)) {
    seen = now;
    await look();
  }
}

async function look(before) {
  const query = new URLSearchParams({ limit: 100 });
  if (byId('deadtext').value) query.set('error', byId('deadtext').value);
  if (byId('deadall').checked) query.set('all', 'true');
  if (before) query.set('before', before);
  const found = await get(at('dead', sink()) + '?' + query);
  list = before ? [...list, ...found.letters] : found.letters;
  total = found.total;
  const there = new Set(waiting().map((l) => l.mark));
  chosen = new Set([...chosen].filter((m) => there.has(m)));
  keep(byId('deadgroups'), found.groups.slice(0, 6), (g) => g.where + g.error, (g) => el('li', {}, el('b'), el('span', { class: 'mono' }, g.where), g.error.slice(0, 160)), (e, g) => text(e.firstChild, number(g.count)));
  const broken = found.broken ? `; ${plural(found.broken.length, 'line is', 'lines are')} no letter: ${found.broken[0].place}: ${found.broken[0].error}` : '';
  text(byId('deadsaid'), (total ? plural(total, 'letter') + (byId('deadall').checked ? '' : total === 1 ? ' waits' : ' wait') : 'No letter waits') + broken + '.');
  draw();
}

function draw() {
  byId('deadtable').hidden = list.length === 0;
  byId('deadmore').hidden = list.length >= total;
  keep(byId('deadlist'), list, (l) => l.mark + l.number, row, (e, l) => {
    const box = e.querySelector('input');
    box.checked = chosen.has(l.mark);
    box.disabled = l.status !== 'waits';
    text(e.lastChild, l.status);
  });
  byId('deadevery').checked = chosen.size > 0 && chosen.size === waiting().length;
  const button = byId('deadreplay');
  button.disabled = chosen.size === 0 || replaying;
  text(button, chosen.size ? `Replay ${plural(chosen.size, 'letter')}` : 'Replay chosen');
}

function row(l) {
  const box = el('input', { type: 'checkbox', 'aria-label': `Choose letter ${l.number}`, onchange: (e) => {
    if (e.target.checked) chosen.add(l.mark);
    else chosen.delete(l.mark);
    draw();
  } });
  return el('tr', {}, el('td', {}, box), el('td', { class: 'n' }, String(l.number)), el('td', { class: 'n' }, moment(l.time)), el('td', { class: 'mono' }, l.flow + '/' + (l.sink || l.stage)),
    el('td', {}, el('button', { type: 'button', class: 'open mono', onclick: () => open(l) }, l.id || '(no id)')), el('td', {}, l.error.split('\n')[0].slice(0, 200)), el('td', { class: 'quiet' }));
}

async function open(l) {
  try {
    opened = await get(at('dead', sink(), 'letters', l.mark));
  } catch (e) {
    failed('The letter could not be read', e);
    return;
  }
  const o = opened;
  byId('letter-title').textContent = o.id || 'Letter ' + o.number;
  const facts = [['failed in', o.flow + '/' + (o.sink || o.stage)], ['error', o.error], ['written', moment(o.time)], ['attempts', `${o.attempts}, the first at ${moment(o.first_failed)}`], ['key', o.key], ['type', o.type],
    ['event time', o.event_time], ['received', o.received], ['stands in', o.place], ['status', o.status], ['', o.part && 'a part of a message that was split'], ['', o.redacted && 'secret fields are hidden'],
    ...Object.entries(o.meta || {})].filter(([, v]) => v);
  byId('letter-facts').replaceChildren(...facts.flatMap(([k, v]) => [el('dt', {}, k), el('dd', {}, String(v))]));
  byId('letter-payload').textContent = (o.payload ?? 'base64: ' + o.payload_base64) + (o.cut ? `\n… cut; it has ${number(o.payload_size)} bytes` : '');
  const source = o.original ?? (o.original_base64 && 'base64: ' + o.original_base64);
  byId('letter-original').hidden = !source;
  byId('letter-source').textContent = source || '';
  byId('letter-replay').hidden = o.status !== 'waits';
  byId('letter').showModal();
}

async function replay(marks) {
  const answer = await ask(`Replay ${plural(marks.length, 'letter')}?`, 'Their events go back into the stage or sink that failed, in the flows that run now, and on from there. A letter whose event is settled is not replayed again; one that fails again is replaced by a new one.', 'Replay', 'from the start of the flow, as the source gave them');
  if (!answer.yes) return;
  try {
    showReplay(await post(at('dead', sink(), 'replay'), { marks, from_start: answer.box }));
    chosen.clear();
    draw();
    document.dispatchEvent(new Event('look'));
  } catch (e) {
    failed('Nothing was replayed', e);
  }
}

/** showReplay says how far a replay is, and returns whether it has come to its end since. */
function showReplay(p) {
  const e = byId('replay');
  e.hidden = !p;
  if (!p) return false;
  const parts = [`${number(p.delivered)} of ${number(p.total)} delivered`];
  if (p.replaced) parts.push(`${number(p.replaced)} failed again`);
  if (p.left) parts.push(`${number(p.left)} left as before`);
  const words = (p.ended ? `Replayed at ${moment(p.ended)}: ` : 'Replaying: ') + parts.join(', ') + (p.error ? '. ' + p.error : '');
  e.classList.toggle('bad', Boolean(p.error || p.left || p.replaced));
  const reasons = (p.reasons || []).map((r) => `letter ${r.number}: ${r.why}`);
  if (e.dataset.words !== words + reasons) {
    e.dataset.words = words + reasons;
    e.replaceChildren(words, el('ul', {}, ...reasons.map((r) => el('li', {}, r))));
    if (!p.ended) e.append(el('button', { type: 'button', onclick: () => post(at('replay', 'stop')) }, 'Stop'));
  }
  const over = (replaying || p.began !== lastReplay) && Boolean(p.ended);
  replaying = !p.ended;
  if (p.ended) lastReplay = p.began;
  return over;
}

let lastReplay = '';

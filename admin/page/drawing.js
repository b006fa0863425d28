// The drawing that leat graph makes, with what goes through it.
import { byId, svg, text } from './dom.js';
import { Counter } from './series.js';
import { brief, number, rate } from './words.js';
import { at, get } from './api.js';

let drawn = '';
let ways = new Map();
let rows = new Map();
let cards = new Map();

export async function showDrawing(status, time) {
  if (status.drawing !== drawn) await draw(status.drawing);
  for (const [key, n] of Object.entries(status.ways)) {
    const way = ways.get(key);
    if (way) flow(way, n, time);
  }
  for (const f of status.flows) for (const s of f.stages) row(`${f.flow}/${s.name}`, s, f);
  const ailing = new Set(status.flows.flatMap((f) => (f.reasons || []).map((r) => (r.kind === 'sink' ? 'sink ' + r.part : ''))));
  for (const [key, card] of cards) card.classList.toggle('ailing', ailing.has(key));
}

async function draw(mark) {
  const part = new DOMParser().parseFromString(await get(at('drawing')), 'image/svg+xml').documentElement;
  const image = document.importNode(part, true);
  byId('drawing').replaceChildren(image);
  ways = new Map();
  rows = new Map();
  const begun = new Map(); // how many arrows begin at a place
  for (const line of image.querySelectorAll('path.line[data-key]')) {
    const from = line.getAttribute('d').split('C')[0];
    const before = begun.get(from) || 0;
    begun.set(from, before + 1);
    ways.set(line.dataset.key, way(line, (begun.size % 2 ? 28 : 52) + 48 * before));
  }
  size(image);
  cards = new Map([...image.querySelectorAll('g[data-key]')].map((g) => [g.dataset.key, g]));
  for (const e of image.querySelectorAll('text.live')) rows.set(e.dataset.key, e);
  for (const w of ways.values()) image.append(w.label);
  drawn = mark;
}

/** size has the drawing fit into its place, unless its texts would be too small to read. */
function size(image) {
  const natural = image.viewBox.baseVal.width;
  const scale = Math.min(1, Math.max(byId('drawing').clientWidth / natural - 0.02, 0.68));
  image.setAttribute('width', natural * scale);
  image.setAttribute('height', image.viewBox.baseVal.height * scale);
}

/** way puts a label on an arrow, so far from its beginning, where arrows of a card are
 * apart. */
function way(line, far) {
  const length = line.getTotalLength();
  const p = line.getPointAtLength(Math.min(far, length / 2));
  const current = svg('path', { class: 'current', d: line.getAttribute('d') });
  current.style.display = 'none';
  line.after(current);
  const title = svg('title');
  const words = svg('tspan');
  const label = svg('text', { class: 'rate none', x: p.x, y: p.y + 4 }, title, words);
  return { line, current, label, title, words, counter: new Counter() };
}

function flow(w, n, time) {
  w.counter.add(time, n);
  const r = w.counter.rate;
  text(w.words, r ? rate(r) + '/s' : n ? brief(n) : '0');
  text(w.title, number(n) + ' since the start');
  w.label.classList.toggle('none', !r);
  w.line.classList.toggle('moving', Boolean(r));
  w.current.style.display = r ? '' : 'none';
}

const dropping = ['dropped', 'duplicates', 'earlier'];

function row(key, s, f) {
  const e = rows.get(key);
  if (!e) return;
  const parts = [];
  const holds = (f.windows || []).some((w) => w.stage === s.name);
  if (s.retried) parts.push(brief(s.retried) + ' failing');
  else if (s.inside) parts.push(brief(s.inside) + (holds ? ' held' : ' inside'));
  const gone = dropping.reduce((n, name) => n + (s.counts?.[name] || 0), 0);
  if (gone) parts.push('−' + brief(gone));
  if (s.dead_letters) parts.push('✕' + brief(s.dead_letters));
  text(e, parts.slice(0, 2).join('  '));
  e.classList.toggle('bad', s.retried > 0);
}

window.addEventListener('resize', () => {
  const image = byId('drawing').querySelector('svg');
  if (image) size(image);
});

/** unknown takes the rates away: they are not known any longer. */
export function unknown() {
  for (const w of ways.values()) {
    w.counter = new Counter();
    text(w.words, '–');
    w.line.classList.remove('moving');
  }
}

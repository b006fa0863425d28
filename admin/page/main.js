// Asks leat once a second how it is, and shows that. What is not known any longer is said
// to be old, and since when; it is never shown as if it were so now.
import { byId, text } from './dom.js';
import { at, get } from './api.js';
import { gap, showFlows } from './flows.js';
import { showDrawing, unknown } from './drawing.js';
import { showParts, showWindows } from './parts.js';
import * as letters from './letters.js';
import * as file from './file.js';
import { moment, span } from './words.js';

const every = 1000;
let last = null; // when the last answer came
let began = '';
let reloaded = '';
let timer = 0;
let asking = false;

async function look() {
  if (asking) return;
  asking = true;
  clearTimeout(timer);
  try {
    await show(await get(at('status')));
  } catch (e) {
    lost(e);
  }
  asking = false;
  clearTimeout(timer);
  timer = setTimeout(look, every);
}

async function show(status) {
  const time = Date.parse(status.now);
  if (began && began !== status.began) location.reload(); // another process, whose counts begin anew
  began = status.began;
  connected(status);
  showFlows(status, time);
  showParts(status);
  showWindows(status);
  if (status.reload && status.reload.time !== reloaded) {
    reloaded = status.reload.time;
    file.showReload(status.reload);
  }
  byId('main').classList.remove('waiting');
  await showDrawing(status, time);
  await letters.showLetters(status);
}

function connected(status) {
  last = Date.now();
  text(byId('linktext'), 'live');
  byId('link').className = 'link live';
  byId('stale').hidden = true;
  byId('main').classList.remove('old');
  text(byId('version'), `${status.version} · for ${span((Date.parse(status.now) - Date.parse(status.began)) / 1000)}`);
  const state = status.flows.some((f) => f.state === 'failed' || (f.reasons || []).length) ? '! ' : '';
  if (document.title !== state + 'leat') document.title = state + 'leat';
}

function lost(error) {
  const why = error.name === 'TypeError' || error.name === 'TimeoutError' ? 'leat does not answer' : error.message;
  byId('link').className = 'link lost';
  text(byId('linktext'), 'not connected');
  byId('stale').hidden = false;
  text(byId('stale'), last ? `${why[0].toUpperCase() + why.slice(1)}. What is shown is from ${moment(last)}.` : `${why[0].toUpperCase() + why.slice(1)}. Nothing is known yet.`);
  if (!byId('main').classList.contains('old')) unknown();
  byId('main').classList.add('old');
  gap();
  document.title = '? leat';
}

letters.setUp();
file.setUp();
document.addEventListener('look', look);
document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && look());
look();

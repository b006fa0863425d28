// Looks at the page with a browser: node page.mjs PAGE ORDERS. What is to happen behind the
// page is asked for at ORDERS.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

const [page, orders] = process.argv.slice(2);
const { chromium } = createRequire(process.env.LEAT_MODULES + '/')('playwright-core');
const order = async (what) => assert.equal(await (await fetch(orders + what)).text(), 'ok');

const browser = await chromium.launch({
  executablePath: process.env.LEAT_CHROMIUM,
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce' });
const tab = await context.newPage();
const complaints = [];
let cut = false; // the connection is; the browser says so, too
tab.on('pageerror', (e) => complaints.push(e.stack));
tab.on('console', (m) => m.type() === 'error' && !cut && complaints.push(m.text()));
tab.on('request', (q) => q.url().startsWith(page) || complaints.push('asked elsewhere: ' + q.url()));
tab.on('dialog', (d) => complaints.push('a script ran: ' + d.message()) && d.dismiss());
tab.setDefaultTimeout(20000);

const flow = tab.getByRole('article', { name: 'Flow parcels' });
const see = (where, text) => where.getByText(text).first().waitFor();

// It opens, and counters move under load.
await tab.goto(page);
await see(flow, 'running');
await see(tab.locator('#link'), 'live');
await tab.locator('#drawing g[data-key="flow parcels"]').waitFor();
await order('/send?n=60');
await see(flow, /60 events read/);
await tab.waitForFunction(() => document.querySelector('#drawing .line.moving'));
await tab.waitForFunction(() => /[1-9]/.test(document.querySelector('[aria-label="Flow parcels"] [data-part=read]').textContent));
await see(tab.locator('#windowlist'), 'parcels / reorder');
await tab.waitForFunction(() => [...document.querySelectorAll('#windowlist [data-bar]')].some((b) => b.getAttribute('height') > 0) || document.querySelector('[data-part=reordered]'));

// What fails is said, and marked in the drawing.
await order('/break');
await order('/send?n=30');
await see(flow, /sink erp fails .*connection refused, since/);
await tab.locator('#drawing g.ailing[data-key="sink erp"]').waitFor();
await order('/mend');
await tab.waitForFunction(() => !document.querySelector('#flowlist .reasons li'), null, { timeout: 60000 });

// A flow is paused, after a question; nothing comes in until it goes on.
await flow.getByRole('button', { name: 'Pause flow parcels' }).click();
await tab.getByRole('button', { name: 'Cancel' }).click();
await flow.getByRole('button', { name: 'Pause flow parcels' }).click();
await tab.locator('#ask-yes').click();
await see(flow, /paused by hand, since/);
await order('/send?n=5');
await flow.getByRole('button', { name: 'Resume flow parcels' }).click();
await see(flow, /95 events read/);

// A dead letter is read, replayed and gone. What it holds is text and nothing else.
await order('/poison');
const letter = tab.getByRole('button', { name: '<img src=x onerror=alert(1)>' });
await letter.waitFor();
await letter.click();
await see(tab.locator('#letter'), /not today/);
await see(tab.locator('#letter-payload'), /poison/);
await order('/mend');
await tab.locator('#letter-replay').click();
await tab.locator('#ask-yes').click();
await see(tab.locator('#replay'), /1 of 1 delivered/);
await letter.waitFor({ state: 'detached' });
await see(tab.locator('#deadsaid'), 'No letter waits.');

// The connection is lost: what is shown is said to be old, and no rate is shown.
cut = true;
await order('/disconnect');
await see(tab.locator('#stale'), /leat does not answer. What is shown is from \d\d:\d\d:\d\d/i);
assert.equal(await tab.locator('#linktext').textContent(), 'not connected');
assert.ok(await tab.locator('main.old').count());
assert.equal(await tab.locator('#drawing .line.moving').count(), 0);
await order('/connect');
await see(tab.locator('#linktext'), 'live');
assert.equal(await tab.locator('main.old').count(), 0);
assert.ok(await tab.locator('#stale').isHidden());
cut = false;

// It can be used with the keyboard, and fits a phone.
await tab.locator('body').press('Tab');
await tab.evaluate(() => document.activeElement.blur());
await flow.getByRole('button', { name: 'Pause flow parcels' }).focus();
await tab.keyboard.press('Enter');
assert.equal(await tab.evaluate(() => document.activeElement.textContent), 'Cancel');
await tab.keyboard.press('Escape');
assert.equal(await tab.evaluate(() => document.activeElement.getAttribute('aria-label')), 'Pause flow parcels');
await tab.setViewportSize({ width: 360, height: 740 });
assert.ok(await tab.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'the page is wider than a phone');
for (const scheme of ['light', 'dark']) {
  await tab.emulateMedia({ colorScheme: scheme });
  assert.deepEqual(await tab.evaluate(faint), [], 'texts that are too faint, ' + scheme);
}

/** faint finds texts with too little contrast to what is behind them. */
function faint() {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgb = (c) => {
    canvas.fillStyle = c;
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillRect(0, 0, 1, 1);
    return canvas.getImageData(0, 0, 1, 1).data;
  };
  const light = ([r, g, b]) => [r, g, b].map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4)).reduce((n, v, i) => n + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (e) => {
    for (; e; e = e.parentElement) {
      const c = rgb(getComputedStyle(e).backgroundColor);
      if (c[3] > 200) return c;
    }
    return [255, 255, 255];
  };
  return [...document.querySelectorAll('main *, header *')]
    .filter((e) => e.checkVisibility() && !e.closest('svg, :disabled, .zero') && [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
    .filter((e) => {
      const [a, b] = [light(rgb(getComputedStyle(e).color)), light(behind(e))].sort((x, y) => y - x);
      return (a + 0.05) / (b + 0.05) < 4.5;
    })
    .map((e) => e.className + ' ' + e.textContent.slice(0, 40));
}

assert.deepEqual(complaints, []);
await browser.close();

/*
 * look.mjs DIRECTORY PAGE...: opens each page in headless Chromium, as a person would see it (wide, on A4, on a phone;
 * light, dark, without colours, and printed), leaves pictures and the printed page in DIRECTORY, and checks:
 *
 *   - nothing is fetched, runs, asks or complains, also with the page's own policy taken out: its text is text alone
 *   - nothing is wider than the window, or cut off
 *   - axe-core finds nothing wrong with the structure, and all text has the contrast of WCAG AA, in light and in dark
 *   - each mark has a sign of its own, so that colours may be missing
 *
 * CHROMIUM is the browser (chromium). Prints the totals in the words of the other tests; exit status 0 when all passed.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const policy = /<meta http-equiv="Content-Security-Policy"[^>]*>/;

/* The widths of a monitor, of A4 at 96 dots an inch, and of a phone. */
const views = [
  { name: 'wide', width: 1280 },
  { name: 'dark', width: 1280, scheme: 'dark' },
  { name: 'grey', width: 1280, vision: 'achromatopsia' },
  { name: 'dark-grey', width: 1280, scheme: 'dark', vision: 'achromatopsia' },
  { name: 'a4', width: 794, media: 'print' },
  { name: 'a4-grey', width: 794, media: 'print', vision: 'achromatopsia' },
  { name: 'phone', width: 390 },
];

/* What no page has, whatever its names are. */
const active = 'script,img,svg,link,iframe,object,embed,a,form,input,button,base,video,audio,[src],[href],[style]';

let checks = 0;
let failures = 0;

function check(what, found) {
  checks++;
  if (found.length === 0) return;
  failures++;
  console.log(`${what}:`);
  for (const line of found) console.log(`  ${line}`);
}

/* ---- The browser ---- */

class Browser {
  constructor(profile) {
    const options = ['--headless=new', '--remote-debugging-pipe', `--user-data-dir=${profile}`, '--disable-gpu',
      '--no-first-run', '--hide-scrollbars', '--disable-background-networking', '--disable-dev-shm-usage',
      '--no-sandbox']; // which containers do not allow; the pages are our own
    this.process = spawn(process.env.CHROMIUM || 'chromium', options, { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
    this.calls = new Map();
    this.last = 0;
    this.listeners = new Set();
    let rest = '';
    this.process.stdio[4].setEncoding('utf8').on('data', (data) => {
      const messages = (rest + data).split('\0');
      rest = messages.pop();
      for (const message of messages) this.receive(JSON.parse(message));
    });
    this.process.on('error', (error) => this.fail(error));
    this.process.on('exit', (status) => this.fail(new Error(`the browser ended with ${status}`)));
  }

  fail(error) {
    for (const call of this.calls.values()) call.reject(error);
  }

  receive(message) {
    const call = this.calls.get(message.id);
    if (call === undefined) {
      for (const listener of this.listeners) listener(message);
      return;
    }
    this.calls.delete(message.id);
    if (message.error) call.reject(new Error(`${call.method}: ${message.error.message}`));
    else call.resolve(message.result);
  }

  send(method, params, sessionId) {
    const id = ++this.last;
    return new Promise((resolve, reject) => {
      this.calls.set(id, { resolve, reject, method });
      this.process.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    });
  }

  async end() {
    const ended = new Promise((resolve) => this.process.once('exit', resolve));
    this.process.removeAllListeners('exit');
    this.process.once('exit', () => {});
    await this.send('Browser.close').catch(() => {});
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 1000))]);
    this.process.kill('SIGKILL');
  }
}

/* A page in a tab of its own, and all that happened there that should not. */
class Tab {
  static async open(browser, url) {
    const tab = new Tab();
    tab.browser = browser;
    tab.events = [];
    tab.target = (await browser.send('Target.createTarget', { url: 'about:blank' })).targetId;
    tab.session = (await browser.send('Target.attachToTarget', { targetId: tab.target, flatten: true })).sessionId;
    const loaded = new Promise((resolve) => {
      tab.listener = (message) => tab.hear(message, url, resolve);
    });
    browser.listeners.add(tab.listener);
    for (const domain of ['Page', 'Network', 'Log', 'Runtime']) await tab.send(`${domain}.enable`);
    await tab.send('Page.navigate', { url });
    await loaded;
    return tab;
  }

  hear({ method, params, sessionId }, url, loaded) {
    if (sessionId !== this.session) return;
    if (method === 'Page.loadEventFired') loaded();
    if (method === 'Network.requestWillBeSent' && params.request.url !== url)
      this.events.push(`fetches ${params.request.url}`);
    if (method === 'Log.entryAdded') this.events.push(`complains: ${params.entry.text}`);
    if (method === 'Runtime.consoleAPICalled' || method === 'Runtime.exceptionThrown') this.events.push('runs a script');
    if (method === 'Page.javascriptDialogOpening') {
      this.events.push(`asks: ${params.message}`);
      this.send('Page.handleJavaScriptDialog', { accept: false });
    }
  }

  send(method, params = {}) {
    return this.browser.send(method, params, this.session);
  }

  async evaluate(expression) {
    const { result, exceptionDetails } = await this.send('Runtime.evaluate',
      { expression, awaitPromise: true, returnByValue: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  async show({ width, scheme = 'light', vision = 'none', media = '' }) {
    await this.send('Emulation.setEmulatedMedia',
      { media, features: [{ name: 'prefers-color-scheme', value: scheme }] });
    await this.send('Emulation.setEmulatedVisionDeficiency', { type: vision });
    await this.send('Emulation.setDeviceMetricsOverride',
      { width, height: 1000, deviceScaleFactor: 1, mobile: false });
  }

  async close() {
    this.browser.listeners.delete(this.listener);
    await this.browser.send('Target.closeTarget', { targetId: this.target });
  }
}

/* ---- What is looked at ---- */

/* Wider than the window, or than the place it has. */
const overflow = `[...document.querySelectorAll('body, body *')].filter((e) => !e.closest('.hidden') &&
  (e.getBoundingClientRect().right > innerWidth + 1 || e.getBoundingClientRect().left < 0 ||
   (e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0)))
  .map((e) => e.outerHTML.slice(0, 100))`;

/* Of contrast axe-core judges no signs, as it takes them for decoration: so all text is judged below. */
const findings = `axe.run({ resultTypes: ['violations', 'incomplete'] }).then((r) =>
  [...r.violations, ...r.incomplete.filter((f) => f.id !== 'color-contrast')].map((f) => f.id + ': ' + f.help + ': ' +
    f.nodes.slice(0, 3).map((n) => n.html.slice(0, 100)).join(' | ')))`;

/* Text with less contrast than WCAG AA asks of small text. */
const pale = `(() => {
  const parts = (color) => color.match(/[0-9.]+/g).map(Number);
  const light = (color) => parts(color).slice(0, 3).map((c) => c / 255)
    .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (e) => {
    const color = getComputedStyle(e).backgroundColor;
    return parts(color)[3] === 0 && e.parentElement ? behind(e.parentElement) : color;
  };
  return [...document.querySelectorAll('body *')]
    .filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim() !== ''))
    .map((e) => [e, [light(getComputedStyle(e).color), light(behind(e))].sort((a, b) => b - a)])
    .map(([e, [high, low]]) => [e, (high + 0.05) / (low + 0.05)])
    .filter(([, ratio]) => ratio < 4.5)
    .map(([e, ratio]) => ratio.toFixed(2) + ' of 4.5: ' + e.outerHTML.slice(0, 100));
})()`;

const signs = `(() => {
  const legend = [...document.querySelectorAll('.legend span')].map((e) => e.className + e.textContent);
  const days = [...document.querySelectorAll('.days td:not(.none)')]
    .map((e) => e.className + e.querySelector('[aria-hidden]').textContent);
  const signs = legend.map((l) => l.replace(/^[a-z]+/, ''));
  return [...new Set(days.filter((d) => !legend.includes(d))),
          ...signs.filter((s, i) => s === '' || signs.indexOf(s) !== i)];
})()`;

async function look(browser, directory, file) {
  const name = basename(file, '.html');
  const tab = await Tab.open(browser, pathToFileURL(file).href);

  check(`${name}: it is not inert`, tab.events);
  for (const view of views) {
    await tab.show(view);
    check(`${name}, ${view.name}: wider than its place`, await tab.evaluate(overflow));
    const { cssContentSize: size } = await tab.send('Page.getLayoutMetrics');
    const { data } = await tab.send('Page.captureScreenshot', { captureBeyondViewport: true,
      clip: { x: 0, y: 0, width: view.width, height: Math.min(size.height, 12000), scale: 1 } });
    writeFileSync(join(directory, `${name}-${view.name}.png`), data, 'base64');
  }
  check(`${name}: a mark without a sign of its own`, await tab.evaluate(signs));
  await tab.show({ width: 1280 });
  const { data } = await tab.send('Page.printToPDF', { preferCSSPageSize: true, printBackground: false });
  writeFileSync(join(directory, `${name}.pdf`), data, 'base64');
  await tab.evaluate(axe);
  for (const scheme of ['light', 'dark']) {
    await tab.show({ width: 1280, scheme });
    check(`${name}, ${scheme}: axe-core finds`, await tab.evaluate(findings));
    check(`${name}, ${scheme}: too little contrast`, await tab.evaluate(pale));
  }
  await tab.close();
}

/* The same text without the policy that would refuse what it must not have. */
async function provoke(browser, directory, file) {
  const text = readFileSync(file, 'utf8');
  const bare = join(directory, `${basename(file, '.html')}-without-policy.html`);

  check(`${file}: it has no policy`, policy.test(text) ? [] : ['none']);
  writeFileSync(bare, text.replace(policy, ''));
  const tab = await Tab.open(browser, pathToFileURL(bare).href);
  const found = await tab.evaluate(`[...document.querySelectorAll('${active}')].map((e) => e.outerHTML.slice(0, 100))`);
  check(`${file}: markup of strangers`, found);
  check(`${file}: it is not inert without its policy`, tab.events);
  await tab.close();
}

const directory = resolve(process.argv[2]);
mkdirSync(directory, { recursive: true });
const profile = mkdtempSync(join(tmpdir(), 'syncsched-page-'));
const browser = new Browser(profile);
let errors = 0;
try {
  for (const file of process.argv.slice(3)) {
    await look(browser, directory, resolve(file));
    await provoke(browser, directory, resolve(file));
  }
} catch (error) {
  errors = 1;
  console.log(error.message);
} finally {
  await browser.end();
  rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
}
console.log(`${Math.floor(100 * (checks - failures) / Math.max(checks, 1))}%: Checks: ${checks}, ` +
  `Failures: ${failures}, Errors: ${errors}`);
process.exit(failures + errors > 0 || checks === 0 ? 1 : 0);

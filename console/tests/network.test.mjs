// The network page: its states on the mock server and, where TIDECAST_BIN names it, antennas that report to the real binary.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startMock } from '../mock/server.mjs';
import { startBinary } from './binary.mjs';
import { launch, open, overflow, PHONE, screenshot } from './browser.mjs';

const PAGE = '/ui/#/network';
const rowsOf = (page) => page.$$eval('[data-testid=antenna]', (rows) => rows.map((row) => row.dataset.antenna));
const end = (page) => page.getByTestId('window-end').getAttribute('datetime');
const past = (page) =>
  page.waitForFunction(() => {
    const charts = document.querySelectorAll('[data-testid=latency-chart], [data-testid=success-chart]');
    return charts.length === 2 && [...charts].every((chart) => Number(chart.dataset.points) > 1);
  });
const until = (page, end) =>
  page.waitForFunction(
    (end) => {
      const shown = document.querySelector('[data-testid=window-end]')?.dateTime;
      return shown > end && document.querySelector('[data-testid=latency-chart]')?.dataset.last === String(Date.parse(shown));
    },
    end,
  );

describe('the network page on the mock', { timeout: 120_000 }, () => {
  let browser;
  before(async () => (browser = await launch()));
  after(() => browser?.close());

  /** Opens the page on a mock server of its own. */
  async function visit(options, body) {
    const mock = await startMock({ scenario: 'network', ...options });
    const opened = await open(browser, `${mock.url}${PAGE}`, options);
    try {
      await body(opened.page, mock, opened.problems);
    } finally {
      await opened.close();
      await mock.close();
    }
  }

  for (const theme of ['light', 'dark']) {
    test(`shows figures, charts and antennas, the worst first, in ${theme}`, () =>
      visit({ theme }, async (page, mock, problems) => {
        await page.getByTestId('antenna').first().waitFor();
        await past(page);
        assert.equal(await page.getByRole('link', { name: 'Network' }).getAttribute('aria-current'), 'page');
        assert.match(await page.getByTestId('latency').innerText(), /^\d+\.\d\s*ms\s*p50 [\d.]+ · p95 [\d.]+ · p99 [\d.]+$/);
        assert.match(await page.getByTestId('active').innerText(), /^22\s+2 silent\s+2 outside forecast$/);
        const lost = await page.$$eval('[data-testid=antenna] .lost', (cells) => cells.map((cell) => Number(cell.textContent)));
        assert.deepEqual(lost.filter(Number.isFinite), lost.filter(Number.isFinite).toSorted((a, b) => b - a));
        assert.match(await page.getByTestId('source').innerText(), /20 refused:\s+12 not in the format .*\s5 after their window/s);
        await screenshot(page, `network-${theme}`);
        assert.deepEqual(problems, []);
      }));
  }

  test('follows the windows as they close', () =>
    visit({}, async (page, mock, problems) => {
      await page.getByTestId('antenna').first().waitFor();
      await until(page, await end(page));
      assert.deepEqual(problems, []);
    }));

  test('silent antennas are marked, and those outside their forecast say why', () =>
    visit({ speed: 360 }, async (page, mock, problems) => {
      await page.getByTestId('sort-state').click();
      await page.waitForFunction(() => document.querySelector('[data-testid=antenna]')?.dataset.state === 'silent');
      assert.deepEqual(await page.$$eval('[data-testid=antenna]', (rows) => rows.slice(0, 5).map((row) => row.dataset.state)), [
        'silent',
        'silent',
        'outside',
        'outside',
        'ok',
      ]);
      const silent = page.getByTestId('antenna').first();
      assert.match(await silent.innerText(), /Silent/);
      assert.match(await silent.innerText(), /1\.\d min ago/);
      await page.getByTestId('group-outside').click();
      await page.waitForFunction(() => document.querySelectorAll('[data-testid=antenna]').length === 2);
      const row = page.getByTestId('antenna').first();
      assert.match(await row.getByTestId('why').innerText(), /^latency \d+ ms, forecast 41 to 67/);
      assert.match(await row.locator('.state').getAttribute('title'), /; loss [\d.]+ %, forecast 1\.0 % to 8\.0 %$/);
      await row.getByTestId('why').click();
      await page.getByText(/^network_avg_latency\{antenna_id=/).first().waitFor();
      assert.deepEqual(problems, []);
    }));

  test('silent antennas are found at once, the longest silence first', () =>
    visit({ speed: 100 }, async (page, mock, problems) => {
      assert.match(await page.getByTestId('silent').innerText(), /2 silent\s+antenna-19 heard 1\.9 min ago\s+antenna-7 heard 1\.7 min ago\s+Show them/);
      await page.getByTestId('sort-heard').click();
      await page.waitForFunction(() => document.querySelector('[data-testid=antenna]')?.dataset.antenna === 'antenna-19');
      await page.getByTestId('show-silent').click();
      await page.getByTestId('silent').waitFor({ state: 'detached' });
      assert.deepEqual(await rowsOf(page), ['antenna-19', 'antenna-7']);
      assert.equal(await page.getByTestId('group-silent').getAttribute('aria-pressed'), 'true');
      assert.deepEqual(problems, []);
    }));

  test('a server that is gone leaves nothing that looks live', () =>
    visit({}, async (page, mock) => {
      await past(page);
      await page.locator('[data-testid=network][data-old=false]').waitFor();
      assert.equal(await page.getByTestId('source-state').innerText(), 'Reading');
      await mock.close();
      await page.getByTestId('lost').getByText(/since \d\d:\d\d:\d\d UTC/).waitFor();
      await page.locator('[data-testid=network][data-old=true]').waitFor();
      assert.equal(await page.getByTestId('source-state').innerText(), 'Not known');
      await page.getByText(/^Old figures, of the window/).waitFor();
      assert.ok((await page.locator('.old').count()) >= 2);
      await screenshot(page, 'network-lost');
    }));

  test('a source without single antennas shows the whole alone', () =>
    visit({ scenario: 'network-polled' }, async (page, mock, problems) => {
      await page.getByTestId('no-antennas').getByText('nothing of single antennas').waitFor();
      await past(page);
      assert.match(await page.getByTestId('latency').innerText(), /^\d+\.\d\s*ms$/);
      for (const absent of ['antennas-table', 'filter', 'silent', 'no-match', 'rate']) assert.equal(await page.getByTestId(absent).count(), 0, absent);
      await until(page, await end(page));
      await screenshot(page, 'network-polled');
      assert.deepEqual(problems, []);
    }));

  test('sorts by every column', () =>
    visit({ speed: 100 }, async (page) => {
      await page.getByTestId('antenna').first().waitFor();
      const columns = ['antenna', 'packets', 'lost', 'loss', 'success', 'latency', 'p95', 'heard', 'state'];
      const orders = new Set();
      for (const column of columns) {
        const header = page.locator('th', { has: page.getByTestId(`sort-${column}`) });
        await header.getByRole('button').click();
        const first = await header.getAttribute('aria-sort');
        assert.match(first, /^(as|des)cending$/, column);
        orders.add(String(await rowsOf(page)));
        await header.getByRole('button').click();
        assert.notEqual(await header.getAttribute('aria-sort'), first, column);
        orders.add(String(await rowsOf(page)));
      }
      // Of the share lost and the share delivered one is the other turned round; no two others agree.
      assert.equal(orders.size, 2 * columns.length - 2);
    }));

  test('by the keyboard: filter, open, and back to the same antenna', () =>
    visit({ speed: 100 }, async (page, mock, problems) => {
      await page.getByTestId('antenna').first().waitFor();
      await page.keyboard.press('/');
      await page.keyboard.type('ANTENNA-1');
      await page.waitForFunction(() => document.querySelectorAll('[data-testid=antenna]').length === 11);
      assert.equal(await page.getByTestId('shown').innerText(), '11 of 24');
      await page.keyboard.press('Enter');
      await page.keyboard.press('j');
      const [, second] = await rowsOf(page);
      await page.keyboard.press('Enter');
      await page.getByTestId('title').waitFor();
      assert.equal(await page.getByTestId('title').innerText(), second);
      assert.equal(new URL(page.url()).hash, `#/series/${encodeURIComponent(`network_avg_latency{antenna_id="${second}"}`)}`);
      await page.waitForFunction(() => Number(document.querySelector('[data-testid=chart-summary]')?.dataset.past) > 0);
      await page.keyboard.press('Escape');
      await page.getByTestId('antennas-table').waitFor();
      await page.waitForFunction((second) => document.activeElement?.textContent === second, second);
      await page.keyboard.press('/');
      await page.keyboard.press('Escape');
      await page.waitForFunction(() => document.querySelectorAll('[data-testid=antenna]').length === 24);
      await page.getByTestId('filter').fill('nowhere');
      await page.getByTestId('no-match').waitFor();
      assert.deepEqual(problems, []);
    }));

  test('the charts reach back as far as is chosen, and are read at the pointer', () =>
    visit({ speed: 100 }, async (page, mock, problems) => {
      await past(page);
      const points = () => page.getByTestId('latency-chart').getAttribute('data-points');
      const quarter = Number(await points());
      assert.ok(quarter >= 90 && quarter <= 91, `${quarter} windows in 15 min`);
      await page.keyboard.press('2');
      await page.waitForFunction((before) => Number(document.querySelector('[data-testid=latency-chart]').dataset.points) > before, quarter);
      await page.getByTestId('span-86400000').click();
      await page.getByText(/means of \d+ min/).waitFor();
      const box = await page.getByTestId('success-chart').boundingBox();
      await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
      // Both charts are read at the same time.
      await page.waitForFunction(() => document.querySelectorAll('.cursor').length === 2);
      assert.deepEqual(problems, []);
    }));

  test('before the first window it says when that closes', () =>
    visit({ scenario: 'network-empty', speed: 100 }, async (page, mock, problems) => {
      await page.getByTestId('empty').getByText(/The first window closes in \d s/).waitFor();
      await page.getByTestId('empty').getByText('closes any moment').waitFor();
      await page.getByTestId('source').getByText('none refused').waitFor();
      await screenshot(page, 'network-empty');
      assert.deepEqual(problems, []);
    }));

  test('a source that waits for its server says why', () =>
    visit({ scenario: 'network-trouble' }, async (page, mock, problems) => {
      assert.match(await page.getByTestId('waiting').innerText(), /Source antennas waits for its server: .*Is Redis running\?/);
      assert.equal(await page.getByTestId('source-state').innerText(), 'Waiting');
      assert.match(await page.getByTestId('rate').innerText(), /^0\s+1,830 behind$/);
      await screenshot(page, 'network-trouble');
      assert.deepEqual(problems, []);
    }));

  test('an error says what the API said, and another try heals it', () =>
    visit({ broken: true, scenario: 'network-trouble', speed: 10 }, async (page, mock) => {
      await page.getByTestId('error').getByText(/The store is being compacted/).waitFor();
      mock.state.broken = false;
      // The page may heal by itself at any moment, and the button go: no click that waits for it to hold still.
      await page.evaluate(() => document.querySelector('[data-testid=retry]')?.click());
      await page.getByTestId('antenna').first().waitFor();
    }));

  test('without a network there is no link to it, and its page says how to configure one', () =>
    visit({ scenario: 'live' }, async (page) => {
      await page.getByTestId('missing').getByText('preset: network-monitoring').waitFor();
      await page.getByTestId('missing').getByText('tidecast demo antennas').waitFor();
      await screenshot(page, 'network-missing');
      await page.getByTestId('phase').waitFor();
      assert.equal(await page.getByRole('link', { name: 'Network' }).count(), 0);
    }));

  test('ten thousand antennas are listed, but only those near the window exist', () =>
    visit({ scenario: 'network-many', speed: 100 }, async (page, mock, problems) => {
      await page.waitForFunction(() => document.querySelector('[data-testid=antennas-table]')?.ariaRowCount === '10001');
      assert.ok((await page.getByTestId('antenna').count()) < 60);
      await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
      await page.locator('tr[aria-rowindex="10001"]').waitFor();
      await page.getByTestId('filter').fill('antenna-7777');
      await page.waitForFunction(() => document.querySelectorAll('[data-testid=antenna]').length === 1);
      await page.getByTestId('filter').fill('');
      await page.getByTestId('group-silent').click();
      await page.waitForFunction(() => document.querySelector('[data-testid=antennas-table]')?.ariaRowCount === '834');
      await screenshot(page, 'network-many');
      assert.deepEqual(problems, []);
    }));

  test('no state is wider than a phone', async () => {
    for (const scenario of ['network', 'network-empty', 'network-trouble', 'network-polled']) {
      await visit({ scenario, viewport: PHONE, touch: true }, async (page) => {
        await page.locator('[data-testid=antenna], [data-testid=empty], [data-testid=no-antennas]').first().waitFor();
        assert.equal(await overflow(page), 0, scenario);
        await screenshot(page, `phone-${scenario}`);
        if (scenario !== 'network') return;
        await page.getByTestId('filter').scrollIntoViewIfNeeded();
        await page.getByTestId('sort-by').selectOption('antenna');
        await page.waitForFunction(() => document.querySelector('[data-testid=antenna]').dataset.antenna === 'antenna-0');
        await page.getByTestId('sort-turn').tap();
        await page.waitForFunction(() => document.querySelector('[data-testid=antenna]').dataset.antenna === 'antenna-23');
        await screenshot(page, 'phone-network-sorted');
        await page.getByTestId('antenna').first().locator('th a').tap();
        await page.getByTestId('title').waitFor();
        await page.getByText('← Network').tap();
        await page.getByTestId('antennas-table').waitFor();
      });
    }
  });
});

const binary = process.env.TIDECAST_BIN;

describe('the network page on the binary', { timeout: 240_000, skip: binary ? false : 'TIDECAST_BIN names no binary' }, () => {
  const CONFIGURATION = `
store: embedded:store
server: {listen: "127.0.0.1:0"}
sources: {antennas: {type: push}}
analytics: {network: {preset: network-monitoring, input: antennas}}
`;
  const WINDOW_S = 10;
  const FIRST_S = Math.floor(Date.now() / 1_000 / WINDOW_S) * WINDOW_S - 120;
  const ids = Array.from({ length: 6 }, (_, i) => `mast-${i}`);
  let browser;
  let server;

  before(async () => {
    browser = await launch();
    server = await startBinary(binary, CONFIGURATION);
  });
  after(async () => {
    await browser?.close();
    await server?.close();
  });

  /** What antenna `i` says at a time: the higher its number the worse it is. */
  const message = (i, timestamp) => JSON.stringify({ antenna_id: ids[i], timestamp, packets: 100, loss: 2 * i, latency: 20 + 10 * i });

  async function push(lines) {
    const response = await fetch(`${server.url}/api/v1/sources/antennas/records`, { method: 'POST', body: `${lines.join('\n')}\n` });
    assert.ok(response.ok, `${response.status}: ${await response.text()}`);
  }

  /** Two messages a window of all antennas, in [from, to) seconds after the first; the last antenna falls silent after 60 s. */
  function messages(from, to) {
    const lines = [];
    for (let at = from; at < to; at += WINDOW_S / 2) {
      ids.forEach((_, i) => {
        if (i < 5 || at < 60) lines.push(message(i, FIRST_S + at));
      });
    }
    return lines;
  }

  test('antennas that report are shown window by window', async () => {
    const { page, problems, close } = await open(browser, `${server.url}${PAGE}`);
    try {
      await page.getByTestId('empty').getByText('No message yet').waitFor();
      await push(['no message', ...messages(0, 120)]);
      await page.getByTestId('antenna').nth(5).waitFor({ timeout: 30_000 });
      const closed = (seconds) => new Date((FIRST_S + seconds) * 1_000).toISOString();
      await page.waitForFunction((end) => document.querySelector('[data-testid=window-end]').dateTime >= end, closed(110));

      assert.equal(await page.getByTestId('packets').innerText(), '1,000');
      assert.match(await page.getByTestId('lost').innerText(), /^40\s*4\.0 %$/);
      assert.equal(await page.getByTestId('success').innerText(), '96.0 %');
      assert.match(await page.getByTestId('latency').innerText(), /^40\.0\s*ms/);
      assert.match(await page.getByTestId('active').innerText(), /^5\s+1 silent$/);
      assert.deepEqual(await rowsOf(page), ['mast-4', 'mast-3', 'mast-2', 'mast-1', 'mast-0', 'mast-5']);
      assert.equal(await page.locator('[data-antenna=mast-5]').getAttribute('data-state'), 'silent');
      await past(page);
      await page.getByTestId('source').locator('[data-reason=malformed]').getByText('1 not in the format').waitFor();
      await screenshot(page, 'binary-network');

      // The next window comes without a reload, and what is late for its own is counted.
      await push([message(0, FIRST_S + 122), message(1, FIRST_S + 1)]);
      await until(page, closed(110));
      await page.getByTestId('source').locator('[data-reason=late]').getByText('1 after their window').waitFor();

      await page.keyboard.press('j');
      await page.keyboard.press('Enter');
      await page.waitForFunction(() => Number(document.querySelector('[data-testid=chart-summary]')?.dataset.past) > 10);
      assert.equal(await page.getByTestId('title').innerText(), 'mast-4');
      assert.equal(await page.getByTestId('last').innerText(), '60.0');
      assert.deepEqual(problems, []);
    } finally {
      await close();
    }
  });
});

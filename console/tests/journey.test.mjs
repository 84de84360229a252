// What a person does with the demo, against the mock server and, where TIDECAST_BIN names it, against the real binary.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startMock } from '../mock/server.mjs';
import { startBinary } from './binary.mjs';
import { launch, open, overflow, PHONE, screenshot } from './browser.mjs';

const targets = [{ name: 'mock', start: () => startMock() }];
const binary = process.env.TIDECAST_BIN;
if (binary) targets.push({ name: 'binary', start: () => startBinary(binary) });

for (const target of targets) {
  describe(`the console on the ${target.name}`, { timeout: 240_000 }, () => {
    let browser;
    let server;

    before(async () => {
      browser = await launch();
      server = await target.start();
    });
    after(async () => {
      await browser?.close();
      await server?.close();
    });

    /** A page whose ten rows have forecasts; fails on any console error or request that leaves the loopback. */
    async function visit(options, body) {
      const opened = await open(browser, server.url, options);
      try {
        await opened.page.locator('[data-testid=row] [data-testid=next-day]').nth(9).waitFor({ timeout: 60_000 });
        await body(opened.page);
        assert.deepEqual(opened.problems, []);
      } finally {
        await opened.close();
      }
    }

    /** Opens a meter's page by the keyboard and waits for its chart's data. */
    async function openByKeyboard(page, rows) {
      for (let i = 0; i < rows; i++) await page.keyboard.press('j');
      await page.keyboard.press('Enter');
      await page.waitForFunction(() => {
        const summary = document.querySelector('[data-testid=chart-summary]');
        return Number(summary?.dataset.past) > 0 && Number(summary?.dataset.future) > 0;
      });
    }

    const summary = (page) => page.$eval('[data-testid=chart-summary]', (element) => ({ ...element.dataset }));

    test('shows ten meters with forecast, accuracy and model', () =>
      visit({}, async (page) => {
        assert.equal(new URL(page.url()).pathname, '/ui/');
        assert.equal(await page.getByTestId('row').count(), 10);
        const text = await page.getByTestId('row').first().innerText();
        assert.match(text, /meter_1/);
        assert.match(text, /better|worse|as good as/);
        assert.match(await page.getByTestId('summary').innerText(), /10/);
        await screenshot(page, `${target.name}-overview`);
      }));

    test('filters, and sorts by a column', () =>
      visit({}, async (page) => {
        await page.keyboard.press('/');
        await page.keyboard.type('meter_7');
        await page.waitForFunction(() => document.querySelectorAll('[data-testid=row]').length === 1);
        await page.keyboard.press('Escape');
        await page.waitForFunction(() => document.querySelectorAll('[data-testid=row]').length === 10);
        await page.getByTestId('sort-next_day').click();
        const totals = await page.$$eval('[data-testid=next-day]', (cells) =>
          cells.map((cell) => Number(cell.textContent.replaceAll(',', ''))),
        );
        assert.deepEqual(totals, totals.toSorted((a, b) => b - a));
      }));

    test('opens a meter by the keyboard, whose chart has past and future', () =>
      visit({}, async (page) => {
        await openByKeyboard(page, 3);
        assert.equal(await page.getByTestId('title').innerText(), 'meter_3');
        const drawn = await page.$eval('[data-testid=chart] canvas', (canvas) => {
          const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
          let painted = 0;
          for (let i = 3; i < data.length; i += 4) if (data[i] > 0) painted++;
          return painted;
        });
        assert.ok(drawn > 1_000, `only ${drawn} pixels are painted`);
        const { past, future, from, to, last } = await summary(page);
        assert.ok(Number(past) >= 24, `past: ${past}`);
        assert.equal(Number(future), 24);
        assert.ok(Number(from) < Number(last) && Number(last) < Number(to));
        await screenshot(page, `${target.name}-series`);
        await page.keyboard.press('Escape');
        await page.getByTestId('series-table').waitFor();
      }));

    test('moves and zooms the chart by keys and mouse', () =>
      visit({}, async (page) => {
        await openByKeyboard(page, 1);
        const span = async () => {
          const { from, to } = await summary(page);
          return Number(to) - Number(from);
        };
        const before = await span();
        await page.keyboard.press('+');
        await page.getByTestId('to-now').waitFor();
        assert.ok((await span()) < before);
        const place = Number((await summary(page)).from);
        await page.keyboard.press('ArrowLeft');
        await page.waitForFunction(
          (place) => Number(document.querySelector('[data-testid=chart-summary]').dataset.from) < place,
          place,
        );
        const box = await page.locator('.u-over').boundingBox();
        const at = (share) => [box.x + box.width * share, box.y + box.height / 2];
        await page.keyboard.press('0');
        await page.mouse.move(...at(0.3));
        await page.mouse.down();
        await page.mouse.move(...at(0.5), { steps: 4 });
        await page.mouse.up();
        await page.getByTestId('to-now').waitFor();
        const dragged = await span();
        assert.ok(Math.abs(dragged / before - 0.2) < 0.03, `dragging a fifth shows ${dragged / before}`);
        await page.mouse.wheel(0, 300);
        await page.waitForFunction(
          (dragged) => {
            const { from, to } = document.querySelector('[data-testid=chart-summary]').dataset;
            return Number(to) - Number(from) > dragged;
          },
          dragged,
        );
        await page.mouse.dblclick(...at(0.5));
        await page.getByTestId('to-now').waitFor({ state: 'detached' });
        assert.equal(await span(), before);
        assert.notEqual(await page.getByTestId('read-actual').innerText(), '–');
      }));

    test('a live point arrives, in the chart and in the overview', () =>
      visit({}, async (page) => {
        const now = await page.getByTestId('now').getAttribute('datetime');
        await page.waitForFunction((now) => document.querySelector('[data-testid=now]').dateTime > now, now);
        await openByKeyboard(page, 2);
        const { last } = await summary(page);
        await page.waitForFunction(
          (last) => Number(document.querySelector('[data-testid=chart-summary]').dataset.last) > last,
          Number(last),
        );
      }));

    test('the theme toggles and is kept', () =>
      visit({ theme: 'light' }, async (page) => {
        await page.getByTestId('theme').click();
        assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark');
        await page.reload();
        await page.getByTestId('row').first().waitFor();
        assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark');
        await screenshot(page, `${target.name}-overview-dark`);
      }));

    test('fits a phone', () =>
      visit({ viewport: PHONE, touch: true }, async (page) => {
        assert.equal(await overflow(page), 0);
        await screenshot(page, `${target.name}-phone-overview`);
        await page.getByRole('link', { name: 'meter_3', exact: true }).tap();
        await page.waitForFunction(() => Number(document.querySelector('[data-testid=chart-summary]')?.dataset.past) > 0);
        assert.equal(await overflow(page), 0);
        await screenshot(page, `${target.name}-phone-series`);
        await page.goto(`${server.url}/ui/#/models`);
        await page.getByTestId('models-table').waitFor();
        assert.equal(await overflow(page), 0);
        await screenshot(page, `${target.name}-phone-models`);
        await page.getByRole('link', { name: 'meter_3', exact: true }).tap();
        await page.getByTestId('version').first().waitFor();
        assert.equal(await overflow(page), 0);
        await screenshot(page, `${target.name}-phone-versions`);
      }));

    test('moves and zooms the chart by fingers', () =>
      visit({ viewport: PHONE, touch: true }, async (page) => {
        await page.getByRole('link', { name: 'meter_4', exact: true }).tap();
        await page.waitForFunction(() => Number(document.querySelector('[data-testid=chart-summary]')?.dataset.past) > 0);
        const box = await page.locator('.u-over').boundingBox();
        const middle = box.y + box.height / 2;
        const devtools = await page.context().newCDPSession(page);
        const touch = (type, places) =>
          devtools.send('Input.dispatchTouchEvent', {
            type,
            touchPoints: places.map((share, id) => ({ x: box.x + box.width * share, y: middle, id })),
          });
        const shown = async () => {
          const { from, to } = await summary(page);
          return { from: Number(from), span: Number(to) - Number(from) };
        };
        const start = await shown();
        await touch('touchStart', [0.3]);
        for (const place of [0.4, 0.5, 0.6]) await touch('touchMove', [place]);
        await touch('touchEnd', []);
        await page.getByTestId('to-now').waitFor();
        const panned = await shown();
        assert.ok(panned.from < start.from, 'a swipe to the right goes back in time');
        assert.ok(Math.abs(panned.span / start.span - 1) < 0.01, 'a swipe does not zoom');
        await touch('touchStart', [0.4, 0.6]);
        for (const reach of [0.15, 0.2, 0.3]) await touch('touchMove', [0.5 - reach, 0.5 + reach]);
        await touch('touchEnd', []);
        await page.waitForFunction((span) => {
          const { from, to } = document.querySelector('[data-testid=chart-summary]').dataset;
          return Number(to) - Number(from) < span * 0.5;
        }, panned.span);
      }));

    test('shows the models of every series, and the versions of one', () =>
      visit({}, async (page) => {
        await page.getByRole('link', { name: 'Models' }).click();
        await page.getByTestId('board').nth(9).waitFor();
        await page.getByTestId('standing').first().waitFor();
        await screenshot(page, `${target.name}-models`);
        await page.keyboard.press('/');
        await page.keyboard.type('meter_7');
        await page.waitForFunction(() => document.querySelectorAll('[data-testid=board]').length === 1);
        await page.keyboard.press('Enter');
        await page.keyboard.press('Enter');
        await page.getByTestId('version').first().waitFor();
        assert.equal(await page.getByTestId('title').innerText(), 'meter_7');
        assert.equal(await page.locator('[data-testid=version][data-alias=champion]').count(), 1);
        await screenshot(page, `${target.name}-versions`);
        await page.getByTestId('to-series').click();
        await page.getByTestId('to-versions').click();
        await page.getByTestId('version').first().waitFor();
        await page.keyboard.press('Escape');
        await page.getByTestId('models-table').waitFor();
      }));

    test('holds past forecasts against what came, at a chosen lead time', () =>
      visit({}, async (page) => {
        await openByKeyboard(page, 3);
        const panel = page.getByTestId('hindsight');
        const points = (lead) =>
          page.waitForFunction((lead) => {
            const { points, lead: shown } = document.querySelector('[data-testid=hindsight]')?.dataset ?? {};
            return Number(points) > 0 && (!lead || Number(shown) === lead);
          }, lead);
        await points(0);
        assert.match(await page.getByTestId('hindsight-words').innerText(), /values forecast a day ahead: mean error/);
        await page.getByTestId('lead-3600000').click();
        await points(3_600_000);
        await page.getByTestId('hindsight-words').getByText('1 h ahead').waitFor();
        await page.getByTestId(`past-${30 * 86_400_000}`).click();
        await points(3_600_000);
        const box = await page.getByTestId('hindsight-chart').boundingBox();
        await page.mouse.move(box.x + box.width / 2, box.y + 60);
        await page.getByTestId('hindsight-reading').getByText('error').waitFor();
        await panel.screenshot({ path: new URL(`../test-results/${target.name}-hindsight.png`, import.meta.url).pathname });
      }));
  });
}

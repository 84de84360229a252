// The autoscaling page: without anything to show on the mock server and, where TIDECAST_BIN names it, the real replay of the binary.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startMock } from '../mock/server.mjs';
import { AUTOSCALE, startBinary } from './binary.mjs';
import { DESKTOP, launch, open, overflow, PHONE, screenshot } from './browser.mjs';

const PAGE = '/ui/#/autoscaling';
const CONTENDERS = ['ours', 'ours_same_target', 'hpa_cpu', 'hpa_rate', 'keda_cron', 'seasonal_naive', 'holt_winters', 'threshold', 'oracle'];

test('where nothing is scaled, the page says how to see it', { timeout: 60_000 }, async () => {
  const browser = await launch();
  const mock = await startMock();
  try {
    const { page, close } = await open(browser, `${mock.url}${PAGE}`);
    await page.getByTestId('missing').getByText('tidecast demo autoscale', { exact: true }).waitFor();
    assert.equal(await page.getByRole('link', { name: 'Autoscaling' }).count(), 0);
    await close();
  } finally {
    await browser.close();
    await mock.close();
  }
});

const binary = process.env.TIDECAST_BIN;
describe('the autoscaling page on the binary', { timeout: 300_000, skip: !binary }, () => {
  let browser;
  let server;

  before(async () => {
    browser = await launch();
    server = await startBinary(binary, undefined, AUTOSCALE);
    // The first visit comes while the replay is computed, and stays until it is shown.
    const { page, problems, close } = await open(browser, `${server.url}${PAGE}`);
    await page.getByTestId('preparing').or(page.getByTestId('autoscaling')).waitFor();
    if (await page.getByTestId('preparing').isVisible()) {
      const bar = page.getByTestId('preparing').getByRole('progressbar');
      assert.match(await bar.getAttribute('aria-valuenow'), /^\d+$/);
      await screenshot(page, 'autoscaling-preparing');
    }
    await page.getByTestId('autoscaling').waitFor({ timeout: 240_000 });
    assert.deepEqual(problems, []);
    await close();
  });
  after(async () => {
    await browser?.close();
    await server?.close();
  });

  /** Opens the page with both charts drawn; fails on any console error or request that leaves the loopback. */
  async function visit(options, body) {
    const opened = await open(browser, `${server.url}${PAGE}`, options);
    try {
      await opened.page.waitForFunction(() => {
        const charts = document.querySelectorAll('[data-testid=demand-chart], [data-testid=replicas-chart]');
        return charts.length === 2 && [...charts].every((chart) => Number(chart.dataset.points) > 1);
      });
      await body(opened.page);
      assert.deepEqual(opened.problems, []);
    } finally {
      await opened.close();
    }
  }

  const points = (page) => page.getByTestId('demand-chart').getAttribute('data-points').then(Number);

  for (const theme of ['light', 'dark']) {
    test(`shows ours beside the HPA, and both charts, in ${theme}`, () =>
      visit({ theme, viewport: { ...DESKTOP, height: 1_000 } }, async (page) => {
        assert.equal(await page.getByRole('link', { name: 'Autoscaling' }).getAttribute('aria-current'), 'page');
        for (const figure of ['replicas', 'cost', 'violation', 'changes']) {
          assert.match(await page.getByTestId(figure).innerText(), /Tidecast\s+[\d<][\d,. %]*.*\s+HPA.*\s+[\d<]/s, figure);
        }
        assert.match(await page.getByTestId('compared').innerText(), /^[+−±][\d.]+ %$/);
        const lines = await page.getByTestId('demand-chart').locator('.read').innerText();
        for (const line of ['current', 'predicted', 'threshold, 85 %', 'capacity']) assert.ok(lines.includes(line), line);
        assert.ok((await page.getByTestId('replicas-chart').locator('path').count()) >= 2);
        await readable(page);
        await screenshot(page, `binary-autoscaling-${theme}`);
      }));
  }

  test('an overview without series leads here', async () => {
    const { page, problems, close } = await open(browser, `${server.url}/ui/`);
    await page.getByTestId('empty').getByRole('link', { name: 'Autoscaling' }).click();
    await page.getByTestId('autoscaling').waitFor();
    assert.deepEqual(problems, []);
    await close();
  });

  /** Fails where text on the page hardly differs from what is behind it. */
  async function readable(page) {
    const poorOnes = () => {
      const rgb = (colour) => (colour.match(/[\d.]+/g) ?? []).map(Number);
      const light = ([r, g, b]) => [r, g, b].map((one) => one / 255).map((one) => (one <= 0.03928 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4)).reduce((sum, one, i) => sum + one * [0.2126, 0.7152, 0.0722][i], 0);
      const behind = (element) => {
        for (let at = element; at; at = at.parentElement) {
          const colour = rgb(getComputedStyle(at).backgroundColor);
          if (colour.length === 3 || colour[3] === 1) return colour;
        }
        return [255, 255, 255];
      };
      return [...document.querySelectorAll('main :is(h1, h2, h3, p, dt, b, th, td, li, text, span, summary)')]
        .filter((element) => element.checkVisibility() && element.textContent.trim())
        .map((element) => {
          const style = getComputedStyle(element);
          const [front, back] = [light(rgb(element instanceof SVGElement ? style.fill : style.color)), light(behind(element))];
          const contrast = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
          return { contrast, text: element.textContent.trim().slice(0, 40) };
        })
        .filter(({ contrast }) => contrast < 4);
    };
    // Colours need some frames to settle.
    let poor = await page.evaluate(poorOnes);
    for (let i = 0; i < 20 && poor.length > 0; i++) {
      await page.waitForTimeout(100);
      poor = await page.evaluate(poorOnes);
    }
    assert.deepEqual(poor, []);
  }

  test('follows the replay, as far back as is chosen', () =>
    visit({}, async (page) => {
      const at = await page.getByTestId('at').getAttribute('datetime');
      await page.waitForFunction((at) => document.querySelector('[data-testid=at]').dateTime > at, at);
      const hours = await points(page);
      await page.keyboard.press('1');
      await page.waitForFunction((before) => Number(document.querySelector('[data-testid=demand-chart]').dataset.points) < before, hours);
      await page.getByTestId('span-all').click();
      await page.waitForFunction((before) => Number(document.querySelector('[data-testid=demand-chart]').dataset.points) > before, hours);
      assert.equal(await page.getByTestId('span-all').getAttribute('aria-pressed'), 'true');
      const box = await page.getByTestId('demand-chart').locator('svg').boundingBox();
      await page.mouse.move(box.x + 60, box.y + box.height / 2);
      // Both charts are read at the same time.
      await page.waitForFunction(() => document.querySelectorAll('.cursor').length === 2);
    }));

  test('lists decisions with their reasons, the newest first', () =>
    visit({}, async (page) => {
      const decisions = page.getByTestId('decision');
      await decisions.first().waitFor();
      const times = await page.$$eval('[data-testid=decision] time', (times) => times.map((time) => time.dateTime));
      assert.deepEqual(times, times.toSorted().reverse());
      for (const reason of await page.getByTestId('reason').allInnerTexts()) assert.match(reason, /^[A-Z].* .+\.$/);
      assert.match(await decisions.first().innerText(), /\d+ → \d+/);
      await page.getByTestId('direction-down').click();
      await page.waitForFunction(() => [...document.querySelectorAll('[data-testid=decision]')].every((row) => row.dataset.direction === 'down'));
      await page.getByTestId('direction-all').click();
      await page.getByTestId('more').click();
      await page.waitForFunction(() => document.querySelectorAll('[data-testid=decision]').length > 10);
    }));

  test('reports the whole replay: every contender, and cost against violation', () =>
    visit({}, async (page) => {
      const names = await page.$$eval('[data-testid=contender]', (rows) => rows.map((row) => row.dataset.contender));
      const { report } = await (await fetch(`${server.url}/api/v1/autoscaling`)).json();
      assert.deepEqual(names, report.contenders.map((one) => one.name));
      for (const name of CONTENDERS) assert.ok(names.includes(name), name);
      for (const cells of await page.$$eval('[data-testid=contender]', (rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent)))) {
        assert.equal(cells.length, 6);
        assert.match(cells[1], /^[\d,.]+$/);
        assert.match(cells[2], /^(< )?[\d.]+ %$/);
      }
      assert.match(await page.getByTestId('verdict').innerText(), /of the gap|cannot be said: \w+/);
      const chart = page.getByTestId('pareto');
      assert.equal(Number(await chart.getAttribute('data-points')), report.pareto.length);
      await chart.scrollIntoViewIfNeeded();
      const ours = await chart.locator('circle.contender.ours').boundingBox();
      await page.mouse.move(ours.x + ours.width / 2, ours.y + ours.height / 2);
      await page.getByTestId('pareto-reading').getByText(/^Tidecast/).waitFor();
      await screenshot(page, 'binary-autoscaling-report');
    }));

  for (const theme of ['light', 'dark']) {
    test(`fits a phone, in ${theme}`, () =>
      visit({ viewport: PHONE, theme, touch: true }, async (page) => {
        assert.equal(await overflow(page), 0);
        await readable(page);
        await screenshot(page, `binary-autoscaling-phone-${theme}`);
        await page.getByTestId('report').scrollIntoViewIfNeeded();
        assert.equal(await overflow(page), 0);
      }));
  }

  test('stays at the end, and says so', () =>
    visit({}, async (page) => {
      await page.locator('[data-testid=autoscaling][data-state=ended]').waitFor({ timeout: 120_000 });
      await page.getByTestId('ended').getByText('tidecast demo autoscale').waitFor();
      assert.match(await page.getByTestId('intro').innerText(), /the replay has ended/);
      await screenshot(page, 'binary-autoscaling-ended');
    }));
});

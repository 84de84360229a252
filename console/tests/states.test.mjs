// The states that a demo rarely shows: errors, nothing yet, a token, a thousand series, the end of the data, a cut line.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startMock } from '../mock/server.mjs';
import { launch, open, overflow, PHONE, screenshot } from './browser.mjs';

describe('the console in other states', { timeout: 120_000 }, () => {
  let browser;
  before(async () => (browser = await launch()));
  after(() => browser?.close());

  /** Opens a page on a mock server of its own. */
  async function visit(options, body) {
    const mock = await startMock(options);
    const opened = await open(browser, `${mock.url}/ui/`, options);
    try {
      await body(opened.page, mock, opened.problems);
    } finally {
      await opened.close();
      await mock.close();
    }
  }

  test('an error says what the API said, and another try heals it', () =>
    visit({ broken: true }, async (page, mock) => {
      await page.getByTestId('error').waitFor();
      assert.match(await page.getByTestId('error').innerText(), /The store is being compacted/);
      await screenshot(page, 'state-error');
      mock.state.broken = false;
      await page.getByTestId('retry').click();
      await page.getByTestId('row').first().waitFor();
    }));

  test('without series it says how to bring some', () =>
    visit({ scenario: 'empty' }, async (page, mock, problems) => {
      await page.getByTestId('empty').waitFor();
      assert.match(await page.getByTestId('empty').innerText(), /tidecast ingest/);
      assert.deepEqual(problems, []);
      await screenshot(page, 'state-empty');
    }));

  test('while data are loaded it shows their shape and the progress', () =>
    visit({ scenario: 'loading' }, async (page, mock, problems) => {
      await page.getByTestId('skeleton').waitFor();
      await page.locator('[data-testid=phase][data-phase=loading]').waitFor();
      assert.equal(await page.getByRole('progressbar').getAttribute('aria-valuenow'), '42');
      assert.deepEqual(problems, []);
      await screenshot(page, 'state-loading');
    }));

  test('before the first forecasts the past is there already', () =>
    visit({ scenario: 'fitting' }, async (page, mock, problems) => {
      await page.getByTestId('row').nth(9).waitFor();
      assert.equal(await page.getByTestId('next-day').count(), 0);
      await screenshot(page, 'state-fitting');
      await page.getByRole('link', { name: 'meter_4', exact: true }).click();
      await page.waitForFunction(() => Number(document.querySelector('[data-testid=chart-summary]')?.dataset.past) > 0);
      assert.equal(await page.getByTestId('chart-summary').getAttribute('data-future'), '0');
      await page.getByText('No forecast yet').waitFor();
      await page.getByRole('link', { name: 'Models' }).click();
      await page.getByTestId('empty').waitFor();
      assert.deepEqual(problems, []);
    }));

  test('a series that ended years ago is shown up to its end', () =>
    visit({ scenario: 'stale' }, async (page, mock, problems) => {
      await page.getByRole('link', { name: 'meter_8', exact: true }).click();
      await page.waitForFunction(() => Number(document.querySelector('[data-testid=chart-summary]')?.dataset.past) > 0);
      const { from, to, last, future } = await page.$eval('[data-testid=chart-summary]', (element) => ({
        ...element.dataset,
      }));
      assert.ok(Number(from) < Number(last) && Number(last) < Number(to));
      assert.equal(future, '24');
      await screenshot(page, 'state-stale');
      assert.deepEqual(problems, []);
    }));

  test('a series of seconds is shown as far as its forecast deserves, and its forecast as a mean', () =>
    visit({ scenario: 'short' }, async (page, mock, problems) => {
      await page.getByTestId('next-day').nth(5).waitFor();
      assert.equal(await page.getByTestId('sort-next_day').innerText(), 'Next 10 min');
      assert.equal(await page.getByTestId('total-ahead').count(), 0);
      assert.ok(Number(await page.getByTestId('next-day').first().innerText()) < 100, 'a mean, no sum');
      await screenshot(page, 'state-short-overview');
      await page.getByTestId('row').first().getByRole('link').click();
      await page.waitForFunction(() => Number(document.querySelector('[data-testid=chart-summary]')?.dataset.past) > 0);
      const shown = () => page.$eval('[data-testid=chart-summary]', ({ dataset }) => Number(dataset.to) - Number(dataset.from));
      assert.equal(await shown(), 70 * 60_000);
      assert.match(await page.getByTestId('next-day-panel').innerText(), /^Next 10 min\s+[\d.]+\s.*Mean of 60 steps of 10 s/s);
      await page.getByTestId('hindsight').getByText('10 min ahead:').waitFor();
      await page.getByTestId('hindsight-chart').waitFor();
      await page.screenshot({ path: new URL('../test-results/state-short-series.png', import.meta.url).pathname, fullPage: true });
      await page.getByTestId('lead-60000').click();
      await page.getByTestId('hindsight').getByText('1 min ahead:').waitFor();
      await page.keyboard.press('1');
      await page.waitForFunction(() => {
        const { from, to } = document.querySelector('[data-testid=chart-summary]').dataset;
        return Number(to) - Number(from) === 25 * 60_000;
      });
      await page.keyboard.press('5');
      await page.locator('[data-testid=range-Infinity][aria-pressed=true]').waitFor();
      assert.deepEqual(problems, []);
    }));

  test('a failed process is not overlooked', () =>
    visit({ scenario: 'failed' }, async (page) => {
      assert.match(await page.getByTestId('failed').innerText(), /no space left/);
      await screenshot(page, 'state-failed');
    }));

  test('asks for the token, refuses a wrong one, opens with the right one', () =>
    visit({ token: 'correct horse' }, async (page) => {
      await page.getByTestId('token-form').waitFor();
      await screenshot(page, 'state-token');
      await page.getByLabel('Token').fill('wrong');
      await page.keyboard.press('Enter');
      await page.getByText('That token was not accepted').waitFor();
      await page.getByLabel('Token').fill('correct horse');
      await page.keyboard.press('Enter');
      await page.getByTestId('row').first().waitFor();
      await page.locator('[data-testid=connection][data-state=live]').waitFor();
      assert.equal(await page.evaluate(() => localStorage.getItem('tidecast.token')), null);
    }));

  test('a thousand series are listed, but only those near the window exist', () =>
    visit({ scenario: 'many' }, async (page, mock, problems) => {
      await page.waitForFunction(() => document.querySelector('table')?.ariaRowCount === '1001');
      assert.ok((await page.getByTestId('row').count()) < 60);
      await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
      await page.locator('tr[aria-rowindex="1001"]').waitFor();
      await page.getByTestId('filter').fill('meter_777');
      await page.waitForFunction(() => document.querySelectorAll('[data-testid=row]').length === 1);
      await page.getByTestId('filter').fill('');
      await page.getByTestId('filter').blur();
      await page.evaluate(() => scrollTo(0, 0));
      for (let i = 0; i < 30; i++) await page.keyboard.press('j');
      await page.waitForFunction(() => document.activeElement?.dataset.index === '29');
      assert.deepEqual(problems, []);
      await screenshot(page, 'state-many');
    }));

  const versions = (mock, meter) => `${mock.url}/ui/#/models/${encodeURIComponent(`power{device_id="${meter}"}`)}`;

  test('a version is promoted and rolled back by hand', () =>
    visit({ speed: 100 }, async (page, mock, problems) => {
      await page.goto(versions(mock, 'meter_4'));
      const role = (alias) => page.locator(`[data-testid=version][data-alias=${alias}]`).first().getAttribute('data-version');
      await page.locator('[data-testid=version][data-version="ridge/1"]').getByTestId('promote').click();
      await page.getByTestId('confirm').waitFor();
      assert.match(await page.getByTestId('confirm').innerText(), /Promote Ridge v1\?/);
      await screenshot(page, 'state-promote');
      await page.getByTestId('reason').fill('less jumpy');
      await page.keyboard.press('Enter');
      await page.locator('[data-testid=version][data-version="ridge/1"][data-alias=champion]').waitFor();
      assert.equal(await role('previous'), 'ridge/3');
      await page.getByText('Ridge v1 answers now.').waitFor();
      assert.match(await page.getByTestId('promotions').innerText(), /less jumpy/);
      await page.getByTestId('rollback').click();
      await page.getByTestId('confirm-action').click();
      await page.locator('[data-testid=version][data-version="ridge/3"][data-alias=champion]').waitFor();
      await page.getByTestId('promotions').getByText('rolled back').waitFor();
      assert.deepEqual(problems, []);
    }));

  test('a promotion that is refused says why', () =>
    visit({ speed: 100 }, async (page, mock) => {
      await page.goto(versions(mock, 'meter_4'));
      await page.getByTestId('rollback').click();
      // Somebody else was faster, and the page has not heard of it.
      mock.world.champions.set(mock.world.series[3].key, { model: 'ridge', version: 1 });
      await page.getByTestId('confirm-action').click();
      await page.getByTestId('confirm').getByText('is not forecast by').waitFor();
      await page.keyboard.press('Escape');
      await page.getByTestId('confirm').waitFor({ state: 'hidden' });
    }));

  test('drift is shown, and can be looked for', () =>
    visit({}, async (page, mock, problems) => {
      await page.goto(`${mock.url}/ui/#/models`);
      await page.getByTestId('board').nth(9).waitFor();
      await page.getByTestId('group-drift').click();
      await page.waitForFunction(() => document.querySelectorAll('[data-testid=board]').length === 2);
      const states = await page.$$eval('[data-testid=drift]', (badges) => badges.map((badge) => badge.dataset.state).toSorted());
      assert.deepEqual(states, ['drifting', 'warning']);
      await page.locator('[data-state=drifting]').first().waitFor();
      await page.keyboard.press('j');
      await page.keyboard.press('Enter');
      await page.getByTestId('drift-state').getByText(/since/).waitFor();
      assert.deepEqual(problems, []);
    }));

  test('the models of a thousand series are listed, but only those near the window exist', () =>
    visit({ scenario: 'many' }, async (page, mock, problems) => {
      await page.goto(`${mock.url}/ui/#/models`);
      await page.waitForFunction(() => document.querySelector('[data-testid=models-table]')?.ariaRowCount === '1001');
      assert.ok((await page.getByTestId('board').count()) < 60);
      await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
      await page.locator('tr[aria-rowindex="1001"]').waitFor();
      await page.evaluate(() => scrollTo(0, 0));
      await page.getByTestId('sort-backtest').click();
      await page.waitForFunction(() => document.querySelector('[aria-sort=descending]') !== null);
      await screenshot(page, 'state-many-models');
      assert.deepEqual(problems, []);
    }));

  test('models and versions that do not come say why, and another try heals it', () =>
    visit({ broken: true }, async (page, mock) => {
      for (const address of [`${mock.url}/ui/#/models`, versions(mock, 'meter_2')]) {
        mock.state.broken = true;
        await page.goto(address);
        await page.getByTestId('error').getByText(/The store is being compacted/).waitFor();
        mock.state.broken = false;
        // The page may heal by itself at any moment, and the button go: no click that waits for it to hold still.
        await page.evaluate(() => document.querySelector('[data-testid=retry]')?.click());
        await page.locator('[data-testid=board], [data-testid=version]').first().waitFor();
      }
      await page.goto(versions(mock, 'meter_99'));
      await page.getByTestId('missing').waitFor();
    }));

  test('the end of the replay is said, with the way to start again', () =>
    visit({ scenario: 'ended' }, async (page, mock, problems) => {
      assert.match(await page.getByTestId('ended').innerText(), /tidecast demo --reset/);
      await page.getByTestId('row').first().waitFor();
      assert.deepEqual(problems, []);
      await screenshot(page, 'state-ended');
    }));

  test('a model that takes over is announced and remembered', () =>
    visit({ speed: 36_000 }, async (page, mock, problems) => {
      await page.getByTestId('toasts').getByText(/LSTM took over meter_\d+: 0\.\d\d instead of 0\.\d\d/).first().waitFor();
      await screenshot(page, 'state-toast');
      await page.getByTestId('activity').locator('summary').click();
      await page.getByTestId('activity').getByText('took over').first().waitFor();
      await screenshot(page, 'state-activity');
      assert.deepEqual(problems, []);
    }));

  test('a cut connection is shown and comes back by itself', () =>
    visit({}, async (page, mock) => {
      await page.locator('[data-testid=connection][data-state=live]').waitFor();
      mock.cut();
      await page.locator('[data-testid=connection][data-state=reconnecting]').waitFor();
      await page.locator('[data-testid=connection][data-state=live]').waitFor();
      assert.equal(await page.getByTestId('lost').count(), 0, 'a moment is not worth a word');
    }));

  test('a series that is not there gets its own page', () =>
    visit({}, async (page, mock) => {
      await page.goto(`${mock.url}/ui/#/series/${encodeURIComponent('power{device_id="meter_99"}')}`);
      await page.getByTestId('missing').waitFor();
    }));

  test('the keys are listed, and the chart downloads as CSV', () =>
    visit({}, async (page, mock, problems) => {
      await page.getByTestId('row').first().waitFor();
      await page.keyboard.press('?');
      await page.getByTestId('keys').waitFor();
      await screenshot(page, 'state-keys');
      await page.keyboard.press('Escape');
      await page.getByRole('link', { name: 'meter_5', exact: true }).click();
      await page.waitForFunction(() => Number(document.querySelector('[data-testid=chart-summary]')?.dataset.past) > 0);
      const [download] = await Promise.all([page.waitForEvent('download'), page.getByTestId('csv').click()]);
      assert.equal(download.suggestedFilename(), 'meter_5.csv');
      assert.deepEqual(problems, []);
    }));

  test('no state is wider than a phone', async () => {
    for (const scenario of ['empty', 'loading', 'failed', 'ended', 'short']) {
      await visit({ scenario, viewport: PHONE, touch: true }, async (page) => {
        await page.getByTestId('phase').waitFor();
        assert.equal(await overflow(page), 0, scenario);
        await screenshot(page, `phone-${scenario}`);
        if (scenario !== 'short') return;
        await page.getByTestId('row').first().getByRole('link').tap();
        await page.getByTestId('hindsight-chart').waitFor();
        assert.equal(await overflow(page), 0, 'a series of seconds');
        const [panel, choices] = await Promise.all(['hindsight', 'lead-600000'].map((id) => page.getByTestId(id).boundingBox()));
        assert.ok(choices.x + choices.width <= panel.x + panel.width, 'the lead times fit their panel');
      });
    }
  });
});

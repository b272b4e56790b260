import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { showValue } from '../../lib/evaluate/figure-text.ts';
import { curveScales } from '../../lib/report/curve-scales.ts';
import { renderPage } from '../../lib/report/page.ts';
import type { Report } from '../../lib/report/report.ts';
import { chromiumPath, noChromium } from '../support/chromium.ts';
import { temporaryFolder } from '../support/tiny-router.ts';
import { evilName, reportOfOne, reportOfTwo } from './support.ts';

describe.skipIf(chromiumPath === null)(`a report in a browser (${noChromium})`, () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let browser: Browser;
  beforeAll(async () => {
    folder = temporaryFolder();
    browser = await chromium.launch({ executablePath: chromiumPath ?? '', args: ['--no-sandbox'] });
  });
  afterAll(async () => {
    await browser?.close();
    folder.clean();
  });

  /** Opens a report from disk and keeps what the page asks for and complains of. */
  async function open(report: Report, colorScheme: 'light' | 'dark' = 'light') {
    const path = join(folder.path, 'report.html');
    writeFileSync(path, renderPage(report));
    const page = await browser.newPage({ colorScheme });
    const requests: string[] = [];
    const complaints: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(pathToFileURL(path).href);
    return { page, requests, complaints, url: pathToFileURL(path).href };
  }

  /** Where a router's marker is, in the chart's pixels, and how far that is from the nearest setting of a line. */
  async function markerOf(page: Page, router: number, line: string) {
    const marker = page.locator(`#marker-${router}`);
    const [x, y] = [Number(await marker.getAttribute('cx')), Number(await marker.getAttribute('cy'))];
    const points = await page.locator(`#curves polyline.${line}.router-${router}`).getAttribute('points');
    const corners = points?.split(' ').map((corner) => corner.split(',').map(Number)) ?? [];
    return { x, y, off: Math.min(...corners.map(([cx = 0, cy = 0]) => Math.hypot(cx - x, cy - y))) };
  }

  it('moves the point along the curve with the slider, and says what it does there', async () => {
    const report = await reportOfOne();
    const evaluation = report.routers[0]?.evaluation;
    const { curve = [], models = [], controls } = evaluation ?? {};
    const scales = curveScales(report);
    const { page } = await open(report);
    const slider = page.locator('#setting');
    await slider.focus();
    await slider.press('Home');
    const seen = new Set<string>();
    for (const tolerance of [0, 0.01, 0.02, 1]) {
      await slider.press(tolerance === 1 ? 'End' : tolerance === 0 ? 'Home' : 'ArrowRight');
      const point = curve.find(({ policy, setting }) => policy === 'tolerance' && setting === tolerance);
      const { quality = Number.NaN, costUsd = Number.NaN, shares = [] } = point ?? {};
      const { x, y, off } = await markerOf(page, 0, 'other');
      expect(x).toBeCloseTo(scales.cost.at(costUsd), 0);
      expect(y).toBeCloseTo(scales.quality.at(quality), 0);
      expect(off).toBeLessThan(0.2);
      expect(await page.locator('#setting-value').textContent()).toBe(String(tolerance));
      expect(await page.locator('#point tbody td').allTextContents()).toEqual([
        String(tolerance),
        showValue(quality, 'quality'),
        showValue(costUsd, 'usd'),
        showValue(1 - costUsd / (controls?.best.costUsd ?? 0), 'share'),
        showValue(quality / (controls?.best.quality ?? 0), 'share'),
      ]);
      const bar = page.locator(`[data-share-model="${models.indexOf('model-0')}"] span`);
      expect(Number.parseFloat((await bar.textContent()) || '0')).toBeCloseTo(100 * (shares[0] ?? 0), 1);
      seen.add(`${x} ${y}`);
    }
    expect(seen.size).toBeGreaterThan(1);
    await page.close();
  });

  it('follows the other policy’s curve where that is chosen, for every router', async () => {
    const { page } = await open(reportOfTwo());
    await page.locator('#policy').selectOption('utility');
    await page.locator('#setting').fill('60');
    for (const router of [0, 1]) {
      const { off } = await markerOf(page, router, 'headline');
      expect(off).toBeLessThan(0.2);
    }
    expect(await page.locator('#setting-name').textContent()).toBe('Cost weight');
    await page.close();
  });

  it('asks for nothing but itself and complains of nothing, whatever routers are called', async () => {
    for (const report of [await reportOfOne(evilName), reportOfTwo(evilName)]) {
      const { page, requests, complaints, url } = await open(report);
      await page.locator('#setting').fill('35');
      await page.locator('details').evaluateAll((all) => {
        for (const one of all) one.setAttribute('open', '');
      });
      expect(requests).toEqual([url]);
      expect(complaints).toEqual([]);
      expect(await page.locator('#point tbody th').first().textContent()).toContain(evilName);
      await page.close();
    }
  });

  it('would be stopped by its own policy if it asked', async () => {
    const { page, complaints } = await open(await reportOfOne());
    const failed = await page.evaluate("fetch('http://127.0.0.1:9/').then(() => false, () => true)");
    expect(failed).toBe(true);
    expect(complaints.join(' ')).toMatch(/Content Security Policy/);
    await page.close();
  });

  it('is dark where the reader’s system is, and no wider than a telephone', async () => {
    const background = (page: Page) => page.evaluate('getComputedStyle(document.body).backgroundColor');
    const light = await open(await reportOfOne());
    const dark = await open(await reportOfOne(), 'dark');
    expect(await background(light.page)).toBe('rgb(255, 255, 255)');
    expect(await background(dark.page)).toBe('rgb(20, 24, 29)');
    await light.page.setViewportSize({ width: 390, height: 800 });
    const overflow = await light.page.evaluate('document.documentElement.scrollWidth - innerWidth');
    expect(overflow).toBeLessThanOrEqual(0);
    await Promise.all([light.page.close(), dark.page.close()]);
  });
});

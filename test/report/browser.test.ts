import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { renderPage } from "../../harness/report/page.js";
import { toolsMissing } from "../debian-tools.js";
import { BENCH, CONFORMANCE } from "./material.js";

const missing = await toolsMissing("chromium");

describe.skipIf(missing !== null)(`the page in a browser${missing === null ? "" : ` (${missing})`}`, () => {
  let browser: Browser;
  let folder: string;
  let address: string;
  const complaints: string[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tremula-page-"));
    const file = join(folder, "index.html");
    await writeFile(file, renderPage([CONFORMANCE, BENCH]));
    address = `file://${file}`;
    const { stdout } = await promisify(execFile)("which", ["chromium"]);
    browser = await chromium.launch({
      executablePath: stdout.trim(),
      args: ["--no-sandbox", "--disable-dev-shm-usage"],
      timeout: 120_000,
    });
  });
  afterAll(async () => {
    await browser.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function open(width: number, colorScheme: "light" | "dark" = "light"): Promise<Page> {
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
    complaints.length = 0;
    page.on("console", (message) => complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("request", (request) => {
      if (request.url() !== address) complaints.push(`asked for ${request.url()}`);
    });
    await page.goto(address);
    return page;
  }

  it.each([320, 375, 768, 1280])(
    "fits into %i pixels, every chart to be seen and no text cut off",
    async (width) => {
      const page = await open(width);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      const charts = await page.locator("svg.chart").evaluateAll((all) =>
        all.map((chart) => {
          const outer = chart.getBoundingClientRect();
          const cut = [...chart.querySelectorAll("text")].filter((text) => {
            const box = text.getBoundingClientRect();
            return (
              box.left < outer.left - 1 ||
              box.right > outer.right + 1 ||
              box.top < outer.top - 1 ||
              box.bottom > outer.bottom + 1
            );
          });
          return { width: outer.width, height: outer.height, cut: cut.map((text) => text.textContent) };
        }),
      );
      expect(charts).toHaveLength(BENCH.costs.length + 1);
      for (const chart of charts) {
        expect(chart.cut).toEqual([]);
        expect(chart.width).toBeGreaterThan(200);
        expect(chart.height).toBeGreaterThan(50);
      }
      expect(complaints).toEqual([]);
      await page.close();
    },
  );

  it("finds cases as one types", async () => {
    const page = await open(1280);
    await page.locator("#search").fill("jwt-authn skip");
    const shown = await page.locator(".cases li:visible").count();
    expect(shown).toBeGreaterThan(0);
    expect(await page.locator("#found").textContent()).toBe(`${shown} found`);
    await page.locator("#search").fill("no such case");
    expect(await page.locator("#found").textContent()).toBe("0 found");
    await page.close();
  });

  it("is dark where one wants it dark, with text that can be read", async () => {
    const page = await open(1280, "dark");
    const [paper = 255, ink = 0, chart = 0] = await page.evaluate(() => {
      const brightness = (colour: string): number => {
        const [r = 0, g = 0, b = 0] = (colour.match(/\d+/g) ?? []).map(Number);
        return 0.299 * r + 0.587 * g + 0.114 * b;
      };
      const text = document.querySelector("svg.chart text");
      return [
        brightness(getComputedStyle(document.body).backgroundColor),
        brightness(getComputedStyle(document.body).color),
        text === null ? 0 : brightness(getComputedStyle(text).fill),
      ];
    });
    expect(paper).toBeLessThan(60);
    expect(Math.min(ink, chart)).toBeGreaterThan(180);
    await page.close();
  });

  it("shows everything on paper", async () => {
    const page = await open(1280);
    await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
    expect(await page.locator("details:not([open])").count()).toBe(0);
    await page.emulateMedia({ media: "print" });
    expect(await page.locator("nav").isVisible()).toBe(false);
    expect((await page.pdf({ format: "A4" })).byteLength).toBeGreaterThan(20_000);
    await page.close();
  });
});

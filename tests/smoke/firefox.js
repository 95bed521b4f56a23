// Firefox for drivers.py: reads one order a line from stdin, as JSON, and answers each with a line.
import { createInterface } from "node:readline";
import puppeteer from "puppeteer-core";

const TIMEOUT_MS = 120_000;

const browser = await puppeteer.launch({
  browser: "firefox",
  executablePath: process.argv[2],
  headless: true,
  timeout: TIMEOUT_MS,
  protocolTimeout: TIMEOUT_MS,
});
const page = await browser.newPage();
await page.setViewport({ width: 1280, height: 900 });

const orders = {
  open: ({ url }) => page.goto(url, { timeout: TIMEOUT_MS }).then(() => null),
  evaluate: ({ expression }) => page.evaluate(expression),
  async press({ points: [first, ...others] }) {
    await page.mouse.move(...first);
    await page.mouse.down();
    for (const point of others) await page.mouse.move(...point);
    await page.mouse.up();
  },
};

const answer = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

answer({ value: await browser.version() });
for await (const line of createInterface({ input: process.stdin })) {
  const { order, ...rest } = JSON.parse(line);
  try {
    answer({ value: (await orders[order](rest)) ?? null });
  } catch (error) {
    answer({ error: String(error) });
  }
}
await browser.close();

// The page in Chromium: `node page.mjs add|find URL CUSTOMER PICTURE`. Prints how many customers the page lists.

import { openPage, startBrowser } from "../e2e/browser.mjs";

const [what, url, name, picture] = process.argv.slice(2);
const browser = await startBrowser();
try {
    const page = await openPage(browser, url);
    page.setDefaultTimeout(30_000);
    await page.goto(url);
    await page.getByRole("table").waitFor();
    if (what === "add") {
        await page.getByLabel("Name").fill(name);
        await page.getByLabel("E-mail").fill("customer@example.com");
        await page.getByLabel("Address").fill("1 Harbour Street");
        await page.getByRole("button", { name: "Add", exact: true }).click();
        await page.getByRole("status").getByText(`Added ${name}.`).waitFor();
    }
    await page.getByRole("cell", { name, exact: true }).waitFor();
    await page.screenshot({ path: picture });
    console.log(await page.locator("tbody tr").count());
} finally {
    await browser.close();
}

// Prints "passed failed" from vitest's JSON report. Anything that went wrong outside a test (a file that does not load, an
// unhandled error, a run that was killed) counts as one failure: a run that did not end well must never look green.
import { readFile } from "node:fs/promises";

const [reportFile, exitStatus] = process.argv.slice(2);
const report = JSON.parse(await readFile(reportFile, "utf8"));
const brokenFiles = report.testResults.filter((file) => file.status === "failed" && file.assertionResults.length === 0);
const failed = report.numFailedTests + brokenFiles.length;
console.log(`${report.numPassedTests} ${failed === 0 && exitStatus !== "0" ? 1 : failed}`);

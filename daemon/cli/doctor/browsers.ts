import { type BrowserPolicyState, browserPolicyStates } from "../../../service/browser-policies/states.ts";
import { type System, thisPlatform } from "../../../service/system.ts";
import { type Check, failed, ok, warning } from "./check.ts";
import { errorCode } from "../../errno.ts";

/** Whether each browser on this computer lets the POS pages reach the till, without a question that a cashier may answer with no. */
export async function checkBrowsers(origins: readonly string[], system: System): Promise<Check[]> {
  try {
    const states = await browserPolicyStates(origins, { platform: thisPlatform(), system });
    return states.filter(({ isInstalled, state }) => isInstalled && state !== "notNeeded").map(checkOf);
  } catch (error) {
    return [
      { name: "browsers", state: "unknown", says: `The browsers' policies cannot be read (${errorCode(error)}).` },
    ];
  }
}

function checkOf({ browser, state, origins, where }: BrowserPolicyState): Check {
  const name = `browser.${browser.toLowerCase()}`;
  const pages = origins.join(", ");
  switch (state) {
    case "inForce":
    case "notNeeded":
      return ok(name, `${browser} lets the POS page reach the till.`);
    case "missing":
      return warning(
        name,
        `${browser} asks the cashier before ${pages} may reach the till, and a no is for ever.`,
        `As root: tillbridge service install. If it is done: another file wins in ${where}.`,
      );
    case "blocked":
      return failed(
        name,
        `${browser} keeps ${pages} from the till: a policy forbids it.`,
        `Ask whoever manages this computer; see ${where}.`,
      );
    case "insecureOrigin":
      return failed(
        name,
        `${browser} keeps ${pages} from the till: the page is not encrypted.`,
        "Serve the POS page by https.",
      );
  }
}

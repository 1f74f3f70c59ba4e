import type { InstallPlan, InstallStep } from "../plan.ts";
import type { SystemView } from "../system.ts";

/** Windows' smart-card service, and how it was started before us: 2 automatically, 3 on demand, 4 never. */
const smartCard = "SCardSvr";
const startKey = `HKLM\\SYSTEM\\CurrentControlSet\\Services\\${smartCard}`;
const startName = "Start";
const rememberedName = "SmartCardStart";
const words: Readonly<Record<string, string>> = { "0x2": "auto", "0x3": "demand", "0x4": "disabled" };
/**
 * net.exe, when it runs already and whatever else goes wrong. It may well not run: Windows stops it when the last reader goes, and the till
 * sells without. A till with a reader learns it from the doctor.
 */
const runsOrNot = 2;

/** On demand, Windows starts it only for a card that is already there, and NFC readers would wait for ever. */
export async function smartCardPlan(productKey: string, system: SystemView): Promise<InstallPlan> {
  const remembered = (await system.registry(productKey))?.values.get(rememberedName);
  const present = (await system.registry(startKey))?.values.get(startName);
  const before = remembered ?? words[present ?? ""] ?? "demand";
  const remember: InstallStep = {
    do: "setRegistry",
    key: productKey,
    name: rememberedName,
    type: "REG_SZ",
    data: before,
    why: "How it was before, to be set back.",
    undo: { do: "removeRegistry", key: productKey, why: "Nothing is left to be remembered." },
  };
  return [
    remember,
    {
      do: "run",
      command: ["sc.exe", "config", smartCard, "start=", "auto"],
      why: "NFC readers are used through Windows' smart-card service, which must be there before the first card.",
      undo: {
        do: "run",
        command: ["sc.exe", "config", smartCard, "start=", before],
        why: "The smart-card service starts as it did before.",
      },
    },
    { do: "run", command: ["net.exe", "start", smartCard], okExitCodes: [runsOrNot], why: "It starts now." },
  ];
}

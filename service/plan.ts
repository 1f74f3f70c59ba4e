/** The systems that a plan can be made for. */
export const platforms = ["linux", "windows", "macos"] as const;
export type TargetPlatform = (typeof platforms)[number];

/** What is done to the computer, in order. A plan can be printed and read before anything happens. */
export type InstallPlan = readonly InstallStep[];

/** One thing to do. Every step may be done a second time without harm. */
export type InstallStep = Action & {
  /** Why it is needed, for the person who reads the plan. */
  readonly why: string;
  /** What takes it back, where that is not plain from the step itself. `nothing`: it stays, and `why` says why. */
  readonly undo?: InstallStep | "nothing";
};

export type Action =
  | { readonly do: "folder"; readonly path: string; readonly mode?: string; readonly owner?: string }
  /** `mode` in octal, as chmod takes it. `owner` as chown takes it. */
  | {
      readonly do: "file";
      readonly path: string;
      readonly content: string;
      readonly mode: string;
      readonly owner?: string;
    }
  /** All of a folder, in place of what is there. */
  | { readonly do: "copyFolder"; readonly from: string; readonly to: string }
  | { readonly do: "removeFile"; readonly path: string }
  /** `whenEmpty`: a folder in which others keep something stays. */
  | { readonly do: "removeFolder"; readonly path: string; readonly whenEmpty: boolean }
  /** `okExitCodes`: exit codes, besides 0, that mean it was so already. */
  | { readonly do: "run"; readonly command: readonly string[]; readonly okExitCodes?: readonly number[] }
  /** Runs it once a second until it prints what `until`, a regular expression, finds. `otherwise`: why it failed, for a person. */
  | {
      readonly do: "wait";
      readonly command: readonly string[];
      readonly until: string;
      readonly secondsMax: number;
      readonly otherwise: string;
    }
  | {
      readonly do: "setRegistry";
      readonly key: string;
      readonly name: string;
      readonly type: "REG_SZ" | "REG_DWORD";
      readonly data: string;
    }
  /** Without a name: the whole key. A key or value that is not there is no error. */
  | { readonly do: "removeRegistry"; readonly key: string; readonly name?: string };

/** What takes a plan back: its steps from the last to the first. */
export function reversed(plan: InstallPlan): InstallPlan {
  return plan.toReversed().flatMap((step) => {
    const undo = step.undo ?? undoOf(step);
    return undo === "nothing" ? [] : [undo];
  });
}

function undoOf(step: InstallStep): InstallStep | "nothing" {
  switch (step.do) {
    case "folder":
      return { do: "removeFolder", path: step.path, whenEmpty: true, why: "Nothing of ours is in it any more." };
    case "file":
      return { do: "removeFile", path: step.path, why: "It came with the installation." };
    case "copyFolder":
      return { do: "removeFolder", path: step.to, whenEmpty: false, why: "It came with the installation." };
    case "setRegistry":
      return { do: "removeRegistry", key: step.key, name: step.name, why: "It came with the installation." };
    case "run":
    case "wait":
    case "removeFile":
    case "removeFolder":
    case "removeRegistry":
      return "nothing";
  }
}

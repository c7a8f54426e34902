import type { Output } from "../cli-context.ts";

export interface Progress {
  /** Says how far the work is. Cheap: call it as often as you like. */
  report(text: string): void;
  /** Removes the line from a terminal, so that the result stands alone. */
  done(): void;
}

const terminalEveryMs = 100;
const plainEveryMs = 5000;

/** On a terminal one line that changes; elsewhere a plain line every five seconds, so that logs of a pipeline stay short. */
export function progressOn(output: Output, now: () => number): Progress {
  let writtenAtMs = output.isTTY ? 0 : now();
  let shown = false;
  let last = "";
  return {
    report(text) {
      if (text === last || now() - writtenAtMs < (output.isTTY ? terminalEveryMs : plainEveryMs)) return;
      writtenAtMs = now();
      shown = true;
      last = text;
      output.write(output.isTTY ? `\r\u001b[2K${text}` : `${text}\n`);
    },
    done() {
      if (shown && output.isTTY) output.write("\r\u001b[2K");
      shown = false;
    },
  };
}

import { type ChildProcess, spawn } from "node:child_process";
import { defaultEventsUrl } from "../events-url.ts";
import type { ServiceFile } from "../dev/find-services.ts";

const mostOutput = 4_000;

/** A service's own program in a process of its own, which is asked something in place of starting its services. */
export class AskedProgram {
  readonly child: ChildProcess;
  /** How it ended, in a sentence. */
  readonly ended: Promise<string>;
  #output = "";

  /** @param variable Says in its environment what it is asked. */
  constructor({ name, file }: ServiceFile, { variable, env }: { readonly variable: string; readonly env: NodeJS.ProcessEnv }) {
    this.child = spawn(process.execPath, [...process.execArgv, file], {
      // What `dev` would give it.
      env: {
        THROUGHLINE_EVENTS: defaultEventsUrl,
        THROUGHLINE_STORE: `sqlite:./data/${name}.db`,
        ...env,
        [variable]: "1",
      },
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    const hear = (chunk: Buffer): void => {
      this.#output = `${this.#output}${chunk.toString("utf8")}`.slice(-mostOutput);
    };
    this.child.stdout?.on("data", hear);
    this.child.stderr?.on("data", hear);
    this.ended = new Promise((resolve) => {
      this.child.once("error", (error) => resolve(`it cannot be started: ${error.message}`));
      this.child.once("close", (code, signal) =>
        resolve(signal === null ? `it ended with exit code ${code}` : `it was ended by ${signal}`),
      );
    });
  }

  /** The last of what it printed. */
  get output(): string {
    return this.#output.trim();
  }

  /** Ends it now. */
  kill(): void {
    this.child.kill("SIGKILL");
  }
}

/** What `npm run services` brings up, one by one. */
export interface ServicePart<State = unknown> {
  readonly name: string;
  /** Starts it, to go on when this process ends. */
  up(options: UpOptions): Promise<State>;
  /** Whether what `up` answered with still runs. */
  isUp(state: State): Promise<boolean>;
  /** Ends it, and removes its data. */
  down(state: State): Promise<void>;
  /** Environment variables that point our programs to it, and what a person wants to know. */
  describe(state: State): { readonly env: Readonly<Record<string, string>>; readonly where: string };
}

export interface UpOptions {
  readonly brokers: 1 | 3;
}

import { controlError } from "../errors/catalogue.ts";

/** No connection (08), none left (53300), or one that is being ended (57P). */
const awayStates = /^(?:08|57P|53300)/;
const awayCodes = /^E(?:CONN|PIPE|HOST|NET|NOTFOUND|TIMEDOUT|AI_AGAIN)/;
/** What the driver says of a connection without a code. */
const awayTexts = /^(?:Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client has encountered)/;

/**
 * Says in words of ours that the database could not be asked, so that whoever waits for the answer is told to try again.
 * @throws CONTROL_DATABASE_AWAY
 */
export async function orAway<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    const { code = "", message } = error as { readonly code?: string; readonly message: string };
    if (!awayStates.test(code) && !awayCodes.test(code) && !awayTexts.test(message)) throw error;
    throw controlError("CONTROL_DATABASE_AWAY", { what: message || code }, error);
  }
}

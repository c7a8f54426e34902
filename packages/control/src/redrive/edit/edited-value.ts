import { controlError } from "../../errors/catalogue.ts";
import type { Selection } from "../selection.ts";
import { checkEdit, type EditContext } from "./check-edit.ts";
import { isEditable } from "./editable-payload.ts";

/**
 * What a request is to carry in a payload's place, of what somebody gives: JSON of data in Avro or Protobuf is written as that was; everything
 * else is taken as it is. Its service would refuse what is invalid, too; here it is said before anything is asked.
 * Throws `REDRIVE_EDIT_IMPOSSIBLE`.
 */
export async function editedValueOf(context: EditContext, selection: Selection, given: Uint8Array): Promise<Uint8Array> {
  const failure = "failureIds" in selection ? await context.index.failure(selection.failureIds[0]!) : null;
  if (failure === null || given[0] === 0 || !(await isEditable(context, failure))) return given;
  const { check, value } = await checkEdit(context, failure, { text: Buffer.from(given).toString() });
  if (check.verdict !== "invalid") return value ?? given;
  throw controlError("REDRIVE_EDIT_IMPOSSIBLE", {
    what: check.problems.map(({ pointer, message }) => `${pointer} ${message}`.trim()).join("; "),
  });
}

import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { ApiProblem } from "../api/client.ts";
import { Note } from "./status.tsx";
import { Bones } from "./bones.tsx";

interface AnswerProps<T> {
  readonly of: UseQueryResult<T, ApiProblem>;
  /** Stands there until the first answer, as large as it will be. */
  readonly bones?: ReactNode;
  readonly children: (data: T) => ReactNode;
}

/** What the API answered; bones until it does, its problem when it cannot, and both when only the last look failed. */
export function Answer<T>({ of, bones = <Bones lines={6} />, children }: AnswerProps<T>) {
  const { data, error } = of;
  return (
    <>
      {error !== null && <Problem of={error} isOld={data !== undefined} />}
      {data !== undefined ? children(data) : error === null && bones}
    </>
  );
}

export const Problem = ({ of, isOld = false }: { readonly of: ApiProblem; readonly isOld?: boolean }) => (
  <Note tone={of.status === 0 || isOld ? "unknown" : of.status === 404 ? "calm" : "bad"}>
    <p>
      {of.message} {isOld && "What is shown is the last that it said."}
    </p>
    {of.errors.length > 1 && (
      <ul>
        {of.errors.map(({ pointer, detail }) => (
          <li key={pointer + detail}>
            <code>{pointer}</code> {detail}
          </li>
        ))}
      </ul>
    )}
    <p className="soft mono">{of.code}</p>
  </Note>
);

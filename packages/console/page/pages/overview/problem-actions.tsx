import type { OpenProblem } from "../../api/api-types.ts";
import { Link } from "../../router/link.tsx";
import { actionPath } from "./action-path.ts";
import { sentenceCase } from "./problem-words.ts";

interface ProblemActionsProps {
  readonly of: OpenProblem["actions"];
  /** The first stands out. */
  readonly isLead?: boolean;
}

export const ProblemActions = ({ of, isLead = false }: ProblemActionsProps) =>
  of.map((action, at) => (
    <Link
      key={action.kind + action.target}
      className={`button ${isLead && at === 0 ? "main-action" : ""}`}
      to={actionPath(action)}
    >
      {sentenceCase(action.title)}
    </Link>
  ));

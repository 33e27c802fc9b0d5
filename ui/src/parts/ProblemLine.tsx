// Why something that a person asked for was not done, beside where it was asked for.

import { sayError } from "../api/said";
import { Icon } from "./Icon";
import { Said } from "./Said";

export function ProblemLine({ error }: { error: unknown }) {
  return (
    <p className="problem-line" role="alert">
      <Icon name="error" />
      <span>
        <Said text={sayError(error)} />
      </span>
    </p>
  );
}

import { useQuery } from "@tanstack/react-query";
import { doctor } from "../api/queries";
import { Icon } from "../parts/Icon";
import { Said } from "../parts/Said";
import { Trouble } from "../shell/Trouble";

/** Which interpreters and programs there are, and what is missing. */
export function Machine() {
  const answer = useQuery(doctor);
  return (
    <>
      <h2 className="sect-h">
        Found here <span className="faint">interpreters, the home and what else runs need</span>
        <span className="more">
          <button
            type="button"
            className="btn btn-s btn-ghost"
            disabled={answer.isFetching}
            onClick={() => void answer.refetch()}
          >
            <Icon name="retry" />
            Look again
          </button>
        </span>
      </h2>
      {answer.error && <Trouble error={answer.error} again={() => void answer.refetch()} />}
      <ul className="lst interp">
        {answer.data?.findings.map(({ name, ok, found, mend }) => (
          <li key={name}>
            {ok ? <Icon name="check" /> : <Wrong />}
            <span>{name}</span>
            <span className="found">
              <Said text={found} />
              {mend !== null && (
                <span className="dim">
                  {" "}
                  — <Said text={mend} />
                </span>
              )}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}

function Wrong() {
  return (
    <span className="state s-late" title="not as it should be">
      <Icon name="warn" />
      <span className="sr">not as it should be</span>
    </span>
  );
}

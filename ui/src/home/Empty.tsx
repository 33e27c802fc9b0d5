// The first look: nothing here yet, and four ways to begin.

import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { doctor, workspaces } from "../api/queries";
import { beginGuided } from "../guide/begin";
import { Command } from "../parts/Command";
import { Icon } from "../parts/Icon";
import { Keys } from "../shell/Keys";
import { useShortcuts } from "../shell/shortcuts";
import { toastError } from "../shell/toast";
import { ExampleList } from "./Example";

export function Empty() {
  const current = useQuery(workspaces).data?.workspaces.find((one) => one.current);
  const findings = useQuery(doctor).data?.findings ?? [];
  const navigate = useNavigate();
  const begin = useMutation({
    mutationFn: beginGuided,
    onSuccess: (flow) => void navigate({ to: "/flows/$flow", params: { flow } }),
    onError: toastError,
  });
  const build = () => {
    if (!begin.isPending) begin.mutate();
  };
  useShortcuts([{ group: "Page", keys: "B", says: "Build a first flow, guided", run: build }]);
  return (
    <div className="begin scroll">
      <div className="empty">
        <h1>No flows in this folder yet</h1>
        <p>
          A flow is one YAML file and the tasks in it. A file <code>NAME.flow.yaml</code> in{" "}
          {current ? <code>{current.path}</code> : "the workspace"} shows here when you come back to this
          window.
        </p>
      </div>
      <ul className="ways">
        <li className="way">
          <Icon name="flows" />
          <div>
            <b>Build your first flow</b>
            <p>On the canvas, with a guide beside it that says what comes next. It takes a few minutes.</p>
            <p className="way-act">
              <button type="button" className="btn btn-primary" disabled={begin.isPending} onClick={build}>
                Build with the guide <Keys keys="B" />
              </button>
            </p>
          </div>
        </li>
        <li className="way">
          <Icon name="play" />
          <div>
            <b>Run an example</b>
            <p>It becomes a flow file in this folder, runs as it is and needs no network.</p>
            <ExampleList />
            <p>The same in a terminal:</p>
            <Command text="tidemill new hello && tidemill run hello" />
          </div>
        </li>
        <li className="way">
          <Icon name="clock" />
          <div>
            <b>Bring a line of your crontab</b>
            <p>
              Put its command under <code>shell</code> and its time under <code>schedules</code>. It fires
              while Tidemill runs, once you let this folder&apos;s schedules fire on this machine:
            </p>
            <Command text="tidemill enable" />
          </div>
        </li>
        <li className="way">
          <Icon name="file" />
          <div>
            <b>Write one</b>
            <p>
              An editor that knows JSON Schema completes and checks a flow file; this prints the schema for
              it. What is wrong with a file is said with its line.
            </p>
            <Command text="tidemill schema > flow.schema.json" />
          </div>
        </li>
      </ul>
      {findings.length > 0 && (
        <section className="found">
          <h2>Found on this machine</h2>
          <dl>
            {findings
              .filter(({ name }) => name === "python" || name === "shell" || name === "home")
              .map(({ name, found }) => (
                <div key={name} className="pair">
                  <dt>{name}</dt>
                  <dd>{found}</dd>
                </div>
              ))}
          </dl>
        </section>
      )}
    </div>
  );
}

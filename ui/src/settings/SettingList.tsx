import { useQuery } from "@tanstack/react-query";
import { settings } from "../api/queries";
import type { Setting } from "../api/types";
import { brief } from "../parts/format";
import { Icon } from "../parts/Icon";
import { Menu } from "../parts/Menu";
import { Trouble } from "../shell/Trouble";
import { useChange } from "./change";
import { Editor } from "./Editor";
import { typedValue } from "./typedValue";

/** Every setting, with what it does and what it is if nobody said. */
export function SettingList() {
  const answer = useQuery(settings);
  return (
    <>
      <h2 className="sect-h">
        Settings <span className="faint">each is also</span>{" "}
        <code className="faint">tidemill settings set KEY VALUE</code>
      </h2>
      {answer.error && <Trouble error={answer.error} again={() => void answer.refetch()} />}
      <ul className="lst keys-lst">
        {answer.data?.settings.map((setting) => (
          <One key={setting.key} setting={setting} />
        ))}
      </ul>
    </>
  );
}

function One({ setting }: { setting: Setting }) {
  const { key, value, about } = setting;
  const change = useChange("settings");
  const set = value !== null && value !== undefined;
  const fallback = brief(setting.default);
  const choices = choicesOf(setting.schema);
  return (
    <li>
      <div className="setting-l1">
        <code>{key}</code>
        {choices ? (
          <div className="setting-choice">
            <Menu
              icon="settings"
              label={key}
              text={set ? brief(value) : fallback}
              set={false}
              choices={choices.map((choice) => ({ value: brief(choice), label: brief(choice) }))}
              chosen={[set ? brief(value) : fallback]}
              onChoose={(text) =>
                change.mutate({
                  name: key,
                  body: { value: choices.find((choice) => brief(choice) === text) },
                })
              }
            />
          </div>
        ) : (
          <Editor
            shown={set ? <b>{brief(value)}</b> : <span className="faint">{fallback}</span>}
            value={set ? brief(value) : ""}
            label={key}
            onSave={(text) => change.mutate({ name: key, body: { value: typedValue(text) } })}
          />
        )}
        {set ? (
          <button
            type="button"
            className="btn btn-s btn-ghost"
            title={`Back to ${fallback}`}
            onClick={() => change.mutate({ name: key })}
          >
            <Icon name="retry" />
            Default
          </button>
        ) : (
          <span className="faint">default</span>
        )}
      </div>
      <p className="small dim">{about}</p>
    </li>
  );
}

/** The values that a setting's schema names, if it names them. */
function choicesOf(schema: unknown): unknown[] | null {
  const named = (schema as { enum?: unknown } | null | undefined)?.enum;
  return Array.isArray(named) ? named : null;
}

// Both changed the same lines of a file: each place with both sides, until a person says what is to stand.

import { Dialog } from "radix-ui";
import { useId, useState } from "react";
import type { Region, Side } from "../../edit/merge";
import { DialogHead } from "../../parts/DialogHead";
import { useFocusReturn } from "../../parts/focusReturn";
import { count } from "../../parts/format";
import { Icon } from "../../parts/Icon";
import type { Conflict, FlowFile } from "./flowFile";
import "./files.css";

const SIDES: readonly { side: Side; label: string }[] = [
  { side: "mine", label: "Mine" },
  { side: "theirs", label: "The file's" },
  { side: "both", label: "Both" },
];

/** So many lines around a place are shown. */
const AROUND = 3;

/** Who types is not interrupted: the banner says it, and the places are shown when they are asked for. */
export function ConflictView({ file, conflict }: { file: FlowFile; conflict: Conflict }) {
  const [open, setOpen] = useState(false);
  const giveBack = useFocusReturn(open);
  const show = () => {
    file.meetAgain();
    setOpen(true);
  };
  return (
    <>
      <p className="banner" role="alert">
        <Icon name="warn" />
        <span>
          Another program changed {count(placesOf(conflict), "place")} that you changed too. Nothing is lost,
          and nothing is saved until you say what is to stand.
        </span>
        <span className="grow" />
        <button type="button" className="btn btn-s" onClick={show}>
          Show both
        </button>
      </p>
      <Dialog.Root open={open} onOpenChange={setOpen}>
        <Dialog.Portal>
          <Dialog.Overlay className="scrim">
            <Dialog.Content
              className="dialog conflicts"
              aria-describedby={undefined}
              onOpenAutoFocus={toFirstPlace}
              onCloseAutoFocus={giveBack}
            >
              <Deciding key={conflict.version + conflict.mine} file={file} conflict={conflict} />
            </Dialog.Content>
          </Dialog.Overlay>
        </Dialog.Portal>
      </Dialog.Root>
    </>
  );
}

function placesOf({ regions }: Conflict): number {
  return regions.filter((region) => region.kind === "conflict").length;
}

/** The focus begins at what is to be read, where no key decides anything. */
function toFirstPlace(event: Event): void {
  if (!(event.currentTarget instanceof HTMLElement)) return;
  event.preventDefault();
  event.currentTarget.querySelector<HTMLElement>(".conflict")?.focus();
}

function Deciding({ file, conflict }: { file: FlowFile; conflict: Conflict }) {
  const places = placesOf(conflict);
  const [sides, setSides] = useState<readonly (Side | null)[]>(() => Array<null>(places).fill(null));
  const decided = sides.flatMap((side) => (side === null ? [] : [side]));
  const all = (side: Side) => setSides(sides.map(() => side));
  return (
    <>
      <DialogHead
        title="Two changes of the same lines"
        actions={
          <>
            <button type="button" className="btn btn-s" onClick={() => all("mine")}>
              Mine everywhere
            </button>
            <button type="button" className="btn btn-s" onClick={() => all("theirs")}>
              The file’s everywhere
            </button>
          </>
        }
      />
      <div className="conflict-list scroll">
        <Places
          regions={conflict.regions}
          sides={sides}
          onSide={(at, side) => setSides(sides.map((old, other) => (other === at ? side : old)))}
        />
      </div>
      <div className="dialog-f">
        <span className="faint">
          {decided.length} of {places} decided
        </span>
        <span className="grow" />
        <button
          type="button"
          className="btn btn-primary"
          disabled={decided.length < places}
          onClick={() => file.decide(decided)}
        >
          Use this text
        </button>
      </div>
    </>
  );
}

interface PlacesProps {
  regions: readonly Region[];
  sides: readonly (Side | null)[];
  onSide: (at: number, side: Side) => void;
}

function Places({ regions, sides, onSide }: PlacesProps) {
  let place = -1;
  return regions.map((region, at) => {
    if (region.kind === "agreed") {
      const [first, last] = [at === 0, at === regions.length - 1];
      // biome-ignore lint/suspicious/noArrayIndexKey: the regions of a conflict never move
      return <Around key={at} text={region.text} first={first} last={last} />;
    }
    place += 1;
    const mine = place;
    return (
      <Place
        // biome-ignore lint/suspicious/noArrayIndexKey: the regions of a conflict never move
        key={at}
        number={mine + 1}
        region={region}
        side={sides[mine] ?? null}
        onSide={(side) => onSide(mine, side)}
      />
    );
  });
}

/** The lines that stand around a place; what lies far from any is left out. */
function Around({ text, first, last }: { text: string; first: boolean; last: boolean }) {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  const short = lines.length <= 2 * AROUND + 1;
  const head = first ? [] : lines.slice(0, AROUND);
  const tail = last ? [] : lines.slice(-AROUND);
  const shown = short ? lines : [...head, `… ${lines.length - head.length - tail.length} lines …`, ...tail];
  return <pre className="conflict-around faint">{shown.join("\n")}</pre>;
}

function Place({
  number,
  region,
  side,
  onSide,
}: {
  number: number;
  region: Extract<Region, { kind: "conflict" }>;
  side: Side | null;
  onSide: (side: Side) => void;
}) {
  const name = useId();
  return (
    <fieldset className="conflict" tabIndex={-1}>
      <legend className="sr">Place {number}</legend>
      <div className="conflict-choice">
        {SIDES.map((one) => (
          <label key={one.side}>
            <input type="radio" name={name} checked={side === one.side} onChange={() => onSide(one.side)} />
            {one.label}
          </label>
        ))}
      </div>
      <div className="conflict-sides">
        <Text label="Mine" text={region.mine} on={side === "mine" || side === "both"} />
        <Text label="The file's" text={region.theirs} on={side === "theirs" || side === "both"} />
      </div>
    </fieldset>
  );
}

function Text({ label, text, on }: { label: string; text: string; on: boolean }) {
  return (
    <pre className={on ? "is-on" : ""}>
      <span className="sr">{label}: </span>
      {text === "" ? <i className="faint">nothing stands here</i> : text}
    </pre>
  );
}

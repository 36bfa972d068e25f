/** `concoord objects`: the objects that the cluster holds, one a line, as `-o` takes them. */
import { formatObject } from "../../shared/object/address.ts";
import { askNewest, bootDefault, leaderless } from "./ask.ts";
import { nodes } from "./boot.ts";

export interface ObjectsFlags {
  readonly boot?: string;
  readonly json?: boolean;
}

/** @throws Failure 4 when nobody answers that holds objects, 3 when there is no leader */
export async function objects(flags: ObjectsFlags): Promise<void> {
  const status = await askNewest(await nodes(flags.boot ?? bootDefault));
  const sorted = status.objects
    .map((address) => ({ address, text: formatObject(address) }))
    .sort((a, b) => a.text.localeCompare(b.text, "en", { numeric: true }));
  process.stdout.write(
    flags.json === true
      ? `${JSON.stringify(sorted.map(({ address }) => address))}\n`
      : sorted.map(({ text }) => `${text}\n`).join(""),
  );
  if (status.leader === null) throw leaderless();
}

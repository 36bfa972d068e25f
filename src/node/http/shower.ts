/** Values of calls as the log of the page shows them. */
import type { Shower } from "../../shared/server/log-tail.ts";
import { decodeError, decodeValue } from "../../shared/wire/values.ts";
import { jsonLine } from "../json.ts";

export const shower: Shower = { json: jsonLine, value: decodeValue, error: decodeError };

/** All cases of who may do what that throw when they fail: tests and mutants run the same ones. */
import type { LaterCase } from "../server/fetch-rig.ts";
import { guardCases } from "./guard-table.ts";
import { helloCases } from "./hello-table.ts";
import { ruleCases } from "./rules-table.ts";

export const securityCases: readonly LaterCase[] = [...helloCases, ...guardCases, ...ruleCases];

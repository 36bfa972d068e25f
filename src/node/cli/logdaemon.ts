/** `concoord logdaemon`: prints the logs that nodes send to it (their `-l`), until a signal ends it. */
import pretty from "pino-pretty";
import { isLoopback, joinHostPort } from "../address.ts";
import { LogDaemon } from "../log/log-daemon.ts";
import { forPeople } from "../log/node-log.ts";
import { host, port } from "./arguments.ts";
import { Failure, messageOf, usage } from "./failure.ts";
import { serveUntilEnd } from "./serve.ts";

export interface LogDaemonFlags {
  readonly addr: string;
  readonly port: string;
  readonly insecure?: boolean;
}

/** @throws Failure 1 when the port cannot be had */
export async function logdaemon(flags: LogDaemonFlags): Promise<void> {
  const addr = host(flags.addr, "");
  const at = port(flags.port);
  if (!isLoopback(addr) && flags.insecure !== true)
    throw usage(`${addr} can be reached from outside, where anybody may write into the log: give --insecure`);
  const print =
    process.stdout.isTTY === true ? pretty({ ...forPeople, translateTime: true }) : process.stdout;
  await serveUntilEnd(
    async () => {
      const daemon = await listen(addr, at, (line) => print.write(`${line}\n`));
      print.on("drain", () => daemon.go());
      // Standard output is the log: who reads it as such must not find other lines in it.
      process.stderr.write(`concoord: takes logs on ${joinHostPort(addr, daemon.port)}\n`);
      return [{ broken: new Promise<never>(() => undefined), stop: () => daemon.close() }];
    },
    () => Promise.resolve(),
  );
}

async function listen(addr: string, at: number, line: (line: string) => boolean): Promise<LogDaemon> {
  try {
    return await LogDaemon.listen(addr, at, line);
  } catch (error) {
    throw new Failure(1, `port ${at} on ${addr}: ${messageOf(error)}`);
  }
}

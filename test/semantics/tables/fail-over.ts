/** Replicas and clients that are killed with SIGKILL: nobody is lost, nobody is served twice, and the order stays. */
import type { Row } from "../table.ts";

const broken = "BROKEN_BARRIER BrokenBarrierError";
const notOwner = "NOT_OWNER RuntimeError";

/** Rows, and the classes that they are played on. */
export type Rows = readonly (readonly [classes: readonly string[], rows: readonly Row[]])[];

const inLine = [
  "a acquire: token",
  "b acquire: blocked",
  "c acquire: blocked",
  "d acquire: blocked",
] as const;
const inTurn = [
  "c?: blocked",
  "b release",
  "c?: token",
  "d?: blocked",
  "c release",
  "d?: token",
  `c release: ${notOwner}`,
  "d release",
  "a locked: false",
] as const;

export const replicasKilled: Rows = [
  [
    ["Lock", "Door"],
    [
      [
        "three wait for a lock when the leader is killed: each has it once, in order",
        ...inLine,
        "kill leader",
        "b?: blocked",
        "a release",
        "b?: token",
        "run",
        ...inTurn,
      ],
    ],
  ],
  [
    ["Desk"],
    [
      [
        "its release is under way when the leader is killed: it is executed once",
        ...inLine,
        "a1 release: sent",
        "kill leader",
        "a1?: undefined",
        "b?: token",
        "run",
        ...inTurn,
      ],
    ],
  ],
  [
    ["Lock"],
    [
      [
        "all replicas are killed: what waited goes on waiting when they are back",
        ...inLine,
        "kill replicas",
        "run",
        "d?: blocked",
        "a release",
        "b?: token",
        ...inTurn,
      ],
      [
        "a time-out survives the leader; without one, log time stands still",
        "a acquire: token",
        "b acquire true 1000: blocked",
        "kill leader",
        "b?: false, not before 1000",
        "run",
        "a token: same",
        "a release",
        "b locked: false",
      ],
    ],
  ],
  [
    ["Semaphore"],
    [
      [
        "three wait for two permits",
        "z __concoordinit__ 2",
        "a acquire: true",
        "b acquire: true",
        "c acquire: blocked",
        "d acquire: blocked",
        "e acquire: blocked",
        "kill leader",
        "a release",
        "c?: true",
        "d?: blocked",
        "run",
        "b release",
        "d?: true",
        "e?: blocked",
        "d release",
        "e?: true",
        "c release",
        "e release",
        "a value: 2",
      ],
    ],
  ],
  [
    ["Bell"],
    [
      [
        "two that were notified wait for the lock, and a third one for a notify",
        "a acquire: token",
        "a wait: blocked",
        "b acquire: token",
        "b wait: blocked",
        "c acquire: token",
        "c wait: blocked",
        "d acquire: token",
        "d notify 2",
        "kill leader",
        "b?: blocked",
        "d release",
        "a?: true",
        "run",
        "a release",
        "b?: true",
        "b release",
        "c?: blocked",
        "a locked: false",
      ],
    ],
  ],
  [
    ["Gate"],
    [
      [
        "two of three parties wait",
        "z __concoordinit__ 3",
        "a wait: blocked",
        "b wait: blocked",
        "kill leader",
        "c wait: 2",
        "a?: 0",
        "b?: 1",
        "run",
        "d n_waiting: 0",
        "d broken: false",
      ],
    ],
  ],
];

/** A session lives 1 s here; what its client had is another's after a second more at the latest. */
export const clientsKilled: Rows = [
  [
    ["Lock", "Door", "Condition"],
    [
      [
        "the holder of a lock: the next one has it, with a higher token",
        "anew a 1000",
        "a acquire: token",
        "b acquire: blocked",
        "c acquire: blocked",
        "kill a",
        "b?: token, within 2000",
        `a release: ${notOwner}`,
        "c?: blocked",
        "b release",
        "c?: token",
      ],
    ],
  ],
  [
    ["Desk"],
    [
      [
        "the holder of two levels of a lock",
        "anew a 1000",
        "a acquire: token",
        "a acquire: same",
        "b acquire: blocked",
        "kill a",
        "b?: token, within 2000",
        "b release",
        "b locked: false",
      ],
    ],
  ],
  [
    ["Lock"],
    [
      [
        "who is next when the lock is released: the one behind it has the lock",
        "anew b 1000",
        "a acquire: token",
        "b acquire: blocked",
        "c acquire: blocked",
        "kill b",
        "a release",
        "c?: token, within 2000",
        "c release",
        "a locked: false",
      ],
    ],
  ],
  [
    ["Semaphore", "Tools"],
    [
      [
        "who has a permit: it returns, to the next one",
        "z __concoordinit__ 2",
        "anew a 1000",
        "a acquire: true",
        "b acquire: true",
        "c acquire: blocked",
        "d acquire: blocked",
        "kill a",
        "c?: true, within 2000",
        "d?: blocked",
        "b release",
        "d?: true",
        "c release",
        "d release",
        "b value: 2",
      ],
    ],
  ],
  [
    ["Barrier", "Gate"],
    [
      [
        "a party that waits: the barrier is broken for the others",
        "z __concoordinit__ 3",
        "anew a 1000",
        "a wait: blocked",
        "b wait: blocked",
        "kill a",
        `b?: ${broken}, within 2000`,
        `c wait: ${broken}`,
        "c reset",
        "b wait: blocked",
        "c n_waiting: 1",
      ],
    ],
  ],
  [
    ["Condition"],
    [
      [
        "who waits for a notify: it takes none from the one behind it",
        "anew a 1000",
        "a acquire: token",
        "a wait: blocked",
        "b acquire: token",
        "b wait: blocked",
        "kill a",
        "b?: blocked",
        "c acquire: token",
        "c notify",
        "c release",
        "b?: true",
      ],
    ],
  ],
];

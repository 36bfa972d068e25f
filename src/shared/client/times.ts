/**
 * How long clients wait for what. In a file of their own, which imports nothing, so that bundlers put the numbers where
 * they are used.
 */

/** The longest wait until something is tried again, unless told. */
export const waitMillisMax = 2_000;

/** Until the next address is dialled. */
export const redialMillis = 20;
/** Until a busy node is sent calls again. */
export const busyMillis = 20;
/** Until a session is asked for again. */
export const reopenMillis = 50;
/** Until cancels are sent again. */
export const repeatMillis = 500;
export const repeatMillisMax = 4_000;

/** How long a session outlives its last sign of life, unless told. */
export const sessionTtlMillis = 10_000;
/** How long the decision about a call that was given up is waited for. */
export const decisionMillis = 200;
/** How long the cluster's farewell is waited for. */
export const farewellMillis = 200;

/** Between looks at the links, while something is awaited. */
export const tickMillis = 250;
/** Ticks of silence until a ping is sent, and until the node counts as hung. */
export const pingTicks = 2;
export const hungTicks = 6;
/** Ticks until a dialled node must have said hello; more after each failure, for far and slow networks. */
export const dialTicks = 4;
export const dialTicksMax = 20;
/** Ticks without an answer, though the node is alive, until another node is asked. Doubles up to 2^3 times that. */
export const stalledTicks = 6;
export const stallsMax = 3;
/** The same where the node knows no leader: perhaps only it has lost the others. */
export const leaderlessTicks = 2;
/** Between signs of life while objects are watched, so that a silent node is noticed. */
export const watchingMillis = 1_000;
/** Without anything to do: a node that is silent for so long after a ping is left. */
export const idleSilenceMillis = 2_000;
export const idleTickMillisMax = 10_000;

/**
 * Every limit of concoord, in one place; those of names stand in name-limits.ts. Each is part of the documentation
 * (docs/limits.md).
 */

/** Bytes of one frame, in either direction. */
export const frameBytesMax = 8 * 1024 * 1024;
/** Nesting of a decoded value. */
export const depthMax = 64;
/** Steps of decoding one frame or value: an item takes 1, a text up to 13, a field 11 and its object 26. */
export const decodeStepsMax = 1_000_000;
/** Steps of decoding the state of an object that is watched: it comes from nodes alone, and seldom. */
export const liveStepsMax = 4_000_000;
/** Fractions and numbers beyond 32 bits that are keys of Maps or items of Sets in one value; bigints count twice. */
export const numberKeysMax = 4_096;
/** Items of one list in a message between nodes, or to a program that watches an object. */
export const elementsMax = 1_000_000;
/** Bytes of one bigint. */
export const bigintBytesMax = 1_024;
/** Arguments of one call: they lie on the stack, of which no two processes have the same left. */
export const argumentsMax = 1_000;
/** Bytes of the encoded arguments of one call. */
export const argumentsBytesMax = 1024 * 1024;
/** Bytes of the encoded result of one call. */
export const resultBytesMax = 1024 * 1024;
/** Bytes of one command of calls; a slot holds at least one, so that frames and log records stay far below theirs. */
export const commandBytesMax = 3 * 1024 * 1024;
/** Bytes of the commands of one connection that the log has not executed, and of its reads. */
export const connectionBytesMax = 8 * 1024 * 1024;
/** Bytes of the commands and reads of all clients of one node that are not done. */
export const clientCommandsBytesMax = 16 * 1024 * 1024;
/** Sessions of one connection. */
export const sessionsPerConnectionMax = 1_000;
/** Sessions that one keep-alive names. */
export const keepAliveSessionsMax = 10_000;
/** Sessions that one address opened through one node and that are not over. */
export const sessionsPerAddressMax = 10_000;
/** Calls that one session sends to one node in a second. */
export const callsPerSecondMax = 300_000;
/** All else that one connection asks for in a second: sessions to open, cancels, pings. */
export const requestsPerSecondMax = 10_000;
/** Bytes of one append to the log; a larger one is written in pieces. */
export const appendBytesMax = 64 * 1024 * 1024;
/** Characters of a class, object or method name. */
export const nameCharsMax = 128;
/** Calls of one session that are sent and not yet known to be answered. */
export const callsInFlightMax = 1_024;
/** Answers of calls of one session that blocked, which its client has not acknowledged. */
export const lateAnswersMax = 2_048;
/** Calls of one command. */
export const callsPerCommandMax = 1_000;
/** Open sessions of a cluster. */
export const sessionsMax = 100_000;
/** Shortest time to live of a session, in ms. */
export const sessionTtlMin = 1_000;
/** Longest time to live of a session, in ms. */
export const sessionTtlMax = 86_400_000;
/** Objects of a cluster. */
export const objectsMax = 1_000_000;
/** Classes that one cluster serves. */
export const classesMax = 1_000;
/** Bytes of the commands of one slot (a single larger command travels alone). */
export const batchBytesMax = 1024 * 1024;
/** Commands of one slot. */
export const batchCommandsMax = 10_000;
/** Bytes of values in one `decisions` or `p1b` message. */
export const transferBytesMax = 1024 * 1024;
/** Bytes that wait for one slow peer or client before its connection is dropped. */
export const sendQueueBytesMax = 64 * 1024 * 1024;
/** Meta commands of the clients of one node that the log does not show yet. */
export const metasMax = 10_000;
/** Clients of one node that wait until it has executed the opening of their session. */
export const attachesWaitingMax = 10_000;
/** Commands that wait at the leader for a slot. */
export const waitingCommandsMax = 100_000;
/** Sessions that a node lists when it is asked who there are. */
export const sessionsListedMax = 10_000;
/** Sessions that operators wait to see ended at one node. */
export const sessionEndsMax = 64;
/** Clients' connections of one node. */
export const connectionsMax = 10_000;
/** Those of one address: an IPv4 address, or a /64 of IPv6. */
export const connectionsPerAddressMax = 5_000;
/** Connections of one node that have not said whose they are, or ask by HTTP; the oldest make room. */
export const visitorsMax = 2_048;
/** Those of one address, from which on it makes room for itself. */
export const visitorsPerAddressMax = 512;
/** Descriptors that connections leave for the log, its snapshots and the other nodes. */
export const descriptorsSparedMin = 96;
/** Fragments of one frame; browsers cut long ones. */
export const fragmentsMax = 1_024;
/** Pieces in which a frame may arrive. */
export const bufferedChunksMax = 16_384;
/** Bytes that may come on a connection before its hello is over. */
export const strangerBytesMax = 64 * 1024;
/** Bytes of frames that have not come to their end, of all clients of one node; who sent most of them goes first. */
export const unfinishedBytesMax = 16 * 1024 * 1024;
/** Bytes that wait for all slow clients of one node; who has not read for longest is dropped first. */
export const clientQueuesBytesMax = 64 * 1024 * 1024;
/** Bytes that wait for a client from which on nothing is read from it, and it gets BUSY. */
export const clientBacklogBytesMax = 4 * 1024 * 1024;
/** Bytes of the bodies of calls by HTTP that are under way at one node. */
export const bodiesBytesMax = 32 * 1024 * 1024;
/** Bytes of the head of an HTTP request. */
export const requestHeadBytesMax = 16 * 1024;
/** Milliseconds that somebody who was told why the connection ends has to end it, too. */
export const goodbyeMillisMax = 2_000;
/** Milliseconds until a handshake must be complete. */
export const handshakeMillisMax = 5_000;
/** Members of a view. */
export const membersMax = 99;
/** Members that an operator let leave and that a node remembers. */
export const leftMax = 1_000;
/** Bytes of a frame that tells a Worker of a view. */
export const viewBytesMax = 512 * 1024;
/** Numbers, texts and lists in it. */
export const viewItemsMax = 20_000;
/** Groups of one member. */
export const groupsMax = 32;
/** Characters of an address, host:port or a URL. */
export const addrCharsMax = 512;
/** Characters of the sentence that explains a refusal. */
export const reasonCharsMax = 4_096;
/** Methods of one class. */
export const methodsMax = 1_000;
/** Bytes of one message of the hello. */
export const helloBytesMax = 4_096;
/** Characters of a token that is sent itself, where a file of the operator's says who has it. */
export const tokenCharsMax = 3_000;
/** Milliseconds that `authenticate` may take. */
export const authenticateMillisMax = 4_000;
/** Questions to `authenticate` that are under way at one node. */
export const authenticationsMax = 256;
/** Users for whom one node keeps a session for their calls by HTTP. */
export const httpUsersMax = 256;
/** Characters of the key of a call by HTTP. */
export const keyCharsMax = 256;
/** Keys of calls by HTTP that one node remembers. */
export const httpKeysMax = 10_000;
/** Calls by HTTP with a key that are under way at one node. */
export const keyedCallsMax = 1_000;
/** Milliseconds until the head of an HTTP request must be there. */
export const requestHeadMillisMax = 5_000;
/** Milliseconds until all of an HTTP request must be there. */
export const requestMillisMax = 30_000;
/** Requests at once on one connection of HTTP/2. */
export const streamsMax = 16;
/** Frames that a node or client may send before its last hello message was looked at. */
export const earlyFramesMax = 16;
/** Bytes of several messages in one frame: below any limit of the receiver, on bytes and on steps. */
export const joinedBytesMax = 128 * 1024;
/** Bytes of several calls in one command, for the same reason: users' values may take more steps. */
export const joinedCallsBytesMax = 64 * 1024;
/** Bytes that wait for a peer that is not connected; the oldest go first, the protocol sends again what matters. */
export const waitingBytesMax = 1024 * 1024;
/** Peers that a node knows only because they called; the oldest are forgotten first. */
export const strangersMax = 256;
/** Bytes of one piece of a snapshot: on the wire, in one write to the disk. */
export const snapshotPieceBytesMax = 1024 * 1024;
/** Bytes of a snapshot. */
export const snapshotBytesMax = 4 * 1024 * 1024 * 1024;
/** Slots that the log keeps behind the newest safe snapshot for nodes that fell behind. */
export const tailSlotsMax = 100_000;
/** Bytes of the commands of these slots. */
export const tailBytesMax = 64 * 1024 * 1024;
/** View changes that wait at the leader. */
export const changesMax = 16;
/** Nodes whose reads wait for one confirmation at the leader. */
export const readersMax = 1_000;
/** Views of which a snapshot or the log tells: those that still govern a slot to come. */
export const viewsMax = 100;
/** Outcomes of which a replica remembers its digest, so digests in one answer to a replica whose state differs. */
export const digestsMax = 65_536;
/** Hashes of objects in one answer to such a replica; there may be more objects, which then are not told apart. */
export const hashesMax = 10_000;
/** Milliseconds until a child process must have made a snapshot and handed it over. */
export const snapshotMillisMax = 30 * 60 * 1000;
/** Bytes of one bigint in the state of an object. */
export const stateBigintBytesMax = 1024 * 1024;
/** Characters of a module and of the relative modules that it imports, where it is sent to a node. */
export const codeBytesMax = 2 * 1024 * 1024;
/** Files of these. */
export const codeFilesMax = 1_000;
/** Modules that a node keeps: those that it was given and those that it was sent, until no start needs them. */
export const codeKeptMax = 1_000;
/** Values named that keep a snapshot from being made. */
export const snapshotProblemsMax = 20;
/** Milliseconds after which one timer of the platform rings at the latest: 2^31 - 1, beyond which it rings at once. */
export const timerMillisMax = 2_147_483_647;
/** Clients of one relay. */
export const relayClientsMax = 10_000;
/** Milliseconds until a node must have answered a relay; then it tries the next one. */
export const relayDialMillisMax = 2_000;
/** Bytes of the state of an object that programs watch. */
export const liveStateMax = 4 * 1024 * 1024;
/** Objects that one connection watches. */
export const feedsPerConnectionMax = 1_000;
/** Share of a node's time that goes into telling programs of watched objects: large crowds are told less often. */
export const feedShareMax = 0.1;
/** Bytes of the inputs of one watched object that a node keeps for programs that connect again, or are slow. */
export const feedTailBytesMax = 1024 * 1024;
/** Inputs of all objects of which a node remembers that they were executed, watched or not; a power of two. */
export const recentInputsMax = 65_536;
/** Bytes that wait for a slow program before it is sent no inputs of watched objects; later it gets a snapshot. */
export const feedBacklogBytesMax = 256 * 1024;
/** Inputs of a watched object that wait for a program to take them from `changes()`. */
export const changesWaitingMax = 100_000;
/** Methods of which a node counts calls, errors and times; those beyond are counted together. */
export const metersMax = 1_000;
/** Calls of one slot of which a trace has spans. */
export const slotSpansMax = 100;
/** Lines of the log that wait until they reach another machine; later ones are dropped, and counted. */
export const logLinesWaitingMax = 10_000;
/** Bytes of these. */
export const logBytesWaitingMax = 1024 * 1024;
/** Bytes of one line that a log from elsewhere may have. */
export const logLineBytesMax = 64 * 1024;
/** Nodes that send their log to one place. */
export const logSendersMax = 1_000;
/** Messages between nodes that are traced in a second; of those beyond only their number is told. */
export const tracedMessagesMax = 500;
/** Hosts among which replicas are placed. */
export const hostsMax = 1_000_000;
/** Hosts that the tool speaks with at once, each by an ssh of its own. */
export const hostsAtOnceMax = 32;
/** Hosts, and groups, that the words about a placement name one by one. */
export const placeNamesMax = 10;
/** Lines of each kind that the shell of a node shows. */
export const shellRowsMax = 100;
/** Pages of one node that are kept up to date at once. */
export const pagesMax = 32;
/** Bytes that wait for a slow page before it is dropped. */
export const pageBacklogBytesMax = 4 * 1024 * 1024;
/** Calls at the end of the log that a page shows. */
export const logTailMax = 60;
/** Slots that are looked through for them. */
export const logTailSlotsMax = 2_000;
/** Characters of arguments or of an outcome in the log that a page shows. */
export const logTextCharsMax = 400;
/** Bytes of arguments or of a result above which a page shows their size only. */
export const logValueBytesMax = 16 * 1024;
/** Sessions, blocked calls, locks: of each kind that a page shows. */
export const pageListMax = 100;
/** Objects that a page lists, and among which it looks for locks. */
export const pageObjectsMax = 500;
/** Values of the state of an object that a page shows. */
export const treeValuesMax = 5_000;
/** Values of one array, map, set or object among them. */
export const treeChildrenMax = 200;
/** Characters of a text among them. */
export const treeTextCharsMax = 500;
/** Bytes of a buffer among them. */
export const treeBytesMax = 64;
/** Bytes of a snapshot from which the past of an object is looked up. */
export const pastSnapshotBytesMax = 4 * 1024 * 1024;
/** Slots that are executed again for that. */
export const pastSlotsMax = 40_000;
/** Bytes of the commands of these slots. */
export const pastBytesMax = 16 * 1024 * 1024;
/** Milliseconds until the past must have been looked up. */
export const pastMillisMax = 15_000;

/** Every limit of concoord, in one place. Each is part of the documentation (docs/limits.md). */

/** Bytes of one frame, in either direction. */
export const frameBytesMax = 8 * 1024 * 1024;
/** Nesting of a decoded value. */
export const depthMax = 64;
/** Array items, map entries and set members of one decoded frame, all together. */
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
/** Bytes of the commands of one connection that the log has not executed. */
export const connectionBytesMax = 64 * 1024 * 1024;
/** Sessions of one connection. */
export const sessionsPerConnectionMax = 1_000;
/** Sessions that one keep-alive names. */
export const keepAliveSessionsMax = 10_000;
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
/** Connections of one node. */
export const connectionsMax = 10_000;
/** Milliseconds until a handshake must be complete. */
export const handshakeMillisMax = 5_000;
/** Members of a view. */
export const membersMax = 99;
/** Members that an operator let leave and that a node remembers. */
export const leftMax = 1_000;
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
/** Frames that a node or client may send before its last hello message was looked at. */
export const earlyFramesMax = 16;
/** Bytes of several messages in one frame: below any limit of the receiver, on bytes and on elements. */
export const joinedBytesMax = 512 * 1024;
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
/** Bytes of one label of a DNS name (RFC 1035 2.3.4). */
export const dnsLabelBytesMax = 63;
/** Bytes of a DNS name in its wire form, with the root's (RFC 1035 2.3.4). */
export const dnsNameBytesMax = 255;
/** Bytes of one character-string of a TXT or HINFO record (RFC 1035 3.3). */
export const dnsStringBytesMax = 255;
/** Bytes of a DNS message: its length has two bytes over TCP. */
export const dnsPacketBytesMax = 65_535;
/** Labels, ends of names, pointers, strings, options and parameters that the decoder of one DNS message looks at. */
export const dnsStepsMax = 512;
/** Characters of a domain: the wire form of `_concoord._tcp.<domain>` has at most 255 bytes. */
export const domainCharsMax = 238;
/** Nodes, and addresses, that a client takes from one look-up of a domain. */
export const domainTargetsMax = 128;
/** How long a client waits for a DNS server to answer one question, in ms. */
export const lookUpMillisMax = 5_000;
/** How long a client takes an answer over HTTPS for true, whatever the server says, in ms. */
export const domainFreshMillisMax = 300_000;
/** Records of one change batch of Route 53; those of an UPSERT count twice. */
export const route53RecordsMax = 1_000;
/** Characters of the values of one change batch of Route 53; those of an UPSERT count twice. */
export const route53ValueCharsMax = 32_000;
/** Pages of record sets that a nameserver reads to learn what Route 53 holds of its domain. */
export const route53PagesMax = 100;
/** Bytes of one answer of Route 53. */
export const route53AnswerBytesMax = 4 * 1024 * 1024;
/** Milliseconds until Route 53 must have answered. */
export const route53CallMillisMax = 30_000;
/** Milliseconds until Route 53 is called again after a failure. */
export const route53WaitMillisMax = 60_000;
/** Bytes of an answer by UDP that no network has to cut in pieces. */
export const dnsUdpBytesMax = 1_232;
/** Bytes of an answer by UDP to who does not say that it takes more (RFC 1035 2.3.4). */
export const dnsPlainUdpBytesMax = 512;
/** Bytes of a query over HTTPS. */
export const dohQueryBytesMax = 4_096;
/** Characters of the query string of a GET over HTTPS. */
export const dohQueryCharsMax = 8_192;
/** Networks of which a nameserver counts the answers; the oldest are forgotten first. */
export const rateLimitNetworksMax = 50_000;
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
/** Bytes of a query over TCP. */
export const dnsTcpQueryBytesMax = 4_096;
/** Connections of DNS over TCP to one nameserver; the one that was quiet the longest makes room. */
export const dnsTcpConnectionsMax = 1_000;
/** Connections of DNS over TCP from one address. */
export const dnsTcpPerAddressMax = 50;
/** Milliseconds in which such a connection must bring a query, or take what waits for it. */
export const dnsTcpQuietMillisMax = 10_000;
/** Bytes of answers made at once for one connection of DNS over TCP; it is not read from before they went. */
export const dnsTcpWaitingBytesMax = 256 * 1024;
/** Subdomains of which a master holds the records. */
export const subdomainsMax = 2_000;
/** Bytes of the records of one of them. */
export const subdomainBytesMax = 128 * 1024;
/** How long a subdomain that nobody pushes is answered for, in ms of log time. */
export const subdomainSilentMillisMax = 3_600_000;
/** How long a slave waits until it tries again to push what its master refused, or did not get, in ms. */
export const slaveWaitMillisMax = 30_000;
/** Answers by UDP that a nameserver keeps for the next query of the same bytes; all are forgotten when it is full. */
export const dnsAnswersKeptMax = 4_096;
/** Bytes of a query whose answer is kept. */
export const dnsKeptQueryBytesMax = 128;
/** Seconds for which others may remember a record: over a week none of ours is worth anything. */
export const dnsTtlMax = 604_800;
/** Answers by UDP to one network in a second that `--rrl` may allow. */
export const rateLimitMax = 1_000_000;
